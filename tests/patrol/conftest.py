"""The compound to patrol as a fixture."""

from datetime import datetime

import pytest

from assets.models import Site
from store.db import Database
from tests.cast import Cast
from tests.patrol.ground import Ground, lay_out


@pytest.fixture
def ground(db: Database, cast: Cast, wutong: Site, now: datetime) -> Ground:
    """Manager Chen has planned a round past three checkpoints for every hour of the day."""
    with db.transaction() as conn:
        return lay_out(conn, cast.chen.actor, wutong, now)
