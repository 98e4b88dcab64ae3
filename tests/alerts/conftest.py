"""A gate barrier that can break, a channel that is told, and a receiver on this machine."""

from datetime import datetime

import pytest

from alerts.manage_channels import create_channel
from alerts.models import Channel
from assets.models import Device, Site
from people.models import SYSTEM
from store.db import Database
from tests.alerts.receiver import Receiver
from tests.alerts.world import add_device
from tests.cast import Cast
from tests.patrol.ground import Ground, lay_out


@pytest.fixture
def gate(db: Database, wutong: Site, now: datetime) -> Device:
    """The barrier at the south gate of wutong."""
    with db.transaction() as conn:
        return add_device(conn, wutong, now)


@pytest.fixture
def ground(db: Database, cast: Cast, wutong: Site, now: datetime) -> Ground:
    """Manager Chen has planned a round past three checkpoints for every hour of the day."""
    with db.transaction() as conn:
        return lay_out(conn, cast.chen.actor, wutong, now)


@pytest.fixture
def channel(db: Database, wutong: Site, receiver: Receiver, now: datetime) -> Channel:
    """wutong's duty desk: a webhook to the receiver."""
    with db.transaction() as conn:
        return create_channel(
            conn, SYSTEM, now=now, site_id=wutong.id, kind="webhook", name="值班室", address=receiver.url, language="zh"
        )
