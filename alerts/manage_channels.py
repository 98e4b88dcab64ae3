"""Channels of a site: made, tried and retired by its manager."""

import secrets
from datetime import datetime, timedelta

from alerts import channels
from alerts.message import compose_test
from alerts.models import Channel
from alerts.queries import channels as queries
from alerts.queries import outbox
from alerts.transport import TransportError
from assets.models import Site
from core.checks import one_line, one_of
from core.errors import Conflict
from core.i18n import LANGUAGES
from people.audit import write_audit
from people.models import Actor
from store.db import Connection

NAME_LIMIT = 60
CHANNEL_LIMIT = 20  # each alert goes to all of them
FAILED_SHOWN = timedelta(days=7)


def create_channel(
    conn: Connection, actor: Actor, *, now: datetime, site_id: int, kind: str, name: str, address: str, language: str
) -> Channel:
    """A new channel; from now on alerts of the site go there too. Raises Invalid naming the field."""
    kinds = channels.all_channel_kinds()
    name = one_line(name, field="name", limit=NAME_LIMIT)
    chosen = kinds[one_of(kind, kinds.keys(), field="kind")]
    checked = one_of(language, LANGUAGES, field="language")
    if len(queries.list_channels(conn, site_id=site_id)) >= CHANNEL_LIMIT:
        raise Conflict("too_many_channels", limit=CHANNEL_LIMIT)
    channel = queries.create_channel(
        conn, site_id=site_id, kind=chosen.slug, name=name, address=chosen.check(address), language=checked, now=now
    )
    detail = {"kind": channel.kind, "name": channel.name, "address": channels.masked(channel)}
    write_audit(conn, actor, now=now, action="channel.created", subject=f"channel:{channel.id}", site_id=site_id, detail=detail)
    return channel


def send_test(
    conn: Connection, actor: Actor, *, now: datetime, site: Site, channel_id: int, base_url: str | None
) -> TransportError | None:
    """Send a test now and wait for it, some seconds at most; what went wrong, or None."""
    channel = queries.get_channel(conn, site_id=site.id, channel_id=channel_id)
    message = compose_test(
        site,
        channel_name=channel.name,
        idempotency_key=f"test-{channel.id}-{secrets.token_hex(8)}",
        language=channel.language,
        base_url=base_url,
        now=now,
    )
    failure: TransportError | None = None
    try:
        channels.send(channel, message)
    except TransportError as error:
        failure = error
    stored = failure.stored if failure else ""
    queries.mark_tried(conn, site_id=site.id, channel_id=channel.id, error=stored, now=now)
    detail = {"name": channel.name, "error": stored}
    write_audit(conn, actor, now=now, action="channel.tested", subject=f"channel:{channel.id}", site_id=site.id, detail=detail)
    return failure


def retire_channel(conn: Connection, actor: Actor, *, now: datetime, site_id: int, channel_id: int) -> None:
    """Nothing goes there any more, not even what was waiting."""
    channel = queries.retire_channel(conn, site_id=site_id, channel_id=channel_id, now=now)
    outbox.withdraw_channel(conn, site_id=site_id, channel_id=channel_id, now=now)
    detail = {"name": channel.name}
    write_audit(conn, actor, now=now, action="channel.retired", subject=f"channel:{channel_id}", site_id=site_id, detail=detail)
