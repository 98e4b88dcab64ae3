"""Notification channels of a site: added, tried, removed."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from alerts import manage_channels as verbs
from alerts.channels import all_channel_kinds, masked
from alerts.models import Channel
from alerts.queries import channels as queries
from alerts.transport import split_error
from api.access import SiteAccess, allow_also_installation
from api.deps import Conn, Now, RowId, services_of
from api.language import language_of
from core.errors import Conflict, Invalid
from store.db import Connection
from web.forms import NO_ERRORS, FormErrors, FormText, form_errors
from web.navigation import NavItem
from web.page import render, see

router = APIRouter(prefix="/s/{site}/channels")
NAV = NavItem(key="channels", label_key="nav.channels", icon="send", path="/s/{site}/channels", roles=("manager",), order=150)
Manager = Annotated[SiteAccess, allow_also_installation("manager")]


@router.get("")
def channels_page(
    request: Request, access: Manager, conn: Conn, now: Now, created: int | None = None, tested: int | None = None
) -> HTMLResponse:
    """`created` and `tested` name the channel that the last action was about."""
    return _page(request, access, conn, now, created=created, tested=tested)


@router.post("")
def create(
    request: Request,
    access: Manager,
    conn: Conn,
    now: Now,
    kind: FormText = "",
    name: FormText = "",
    address: FormText = "",
    language: FormText = "",
) -> Response:
    entered = {"kind": kind, "name": name, "address": address, "language": language}
    try:
        with conn.transaction():
            channel = verbs.create_channel(conn, access.actor, now=now, site_id=access.site.id, **entered)
    except (Invalid, Conflict) as error:
        return _page(request, access, conn, now, entered=entered, errors=form_errors(request, error))
    return see(f"/s/{access.site.slug}/channels?created={channel.id}")


@router.post("/{channel_id}/test")
def send_test(request: Request, channel_id: RowId, access: Manager, conn: Conn, now: Now) -> Response:
    base_url = services_of(request).settings.base_url
    verbs.send_test(conn, access.actor, now=now, site=access.site, channel_id=channel_id, base_url=base_url)
    return see(f"/s/{access.site.slug}/channels?tested={channel_id}")


@router.post("/{channel_id}/retire")
def retire(channel_id: RowId, access: Manager, conn: Conn, now: Now) -> Response:
    verbs.retire_channel(conn, access.actor, now=now, site_id=access.site.id, channel_id=channel_id)
    return see(f"/s/{access.site.slug}/channels")


def _page(
    request: Request,
    access: SiteAccess,
    conn: Connection,
    now: datetime,
    *,
    created: int | None = None,
    tested: int | None = None,
    entered: dict[str, str] | None = None,
    errors: FormErrors = NO_ERRORS,
) -> HTMLResponse:
    channels = queries.list_channels(conn, site_id=access.site.id)
    status = queries.list_channel_status(conn, site_id=access.site.id, failed_after=now - verbs.FAILED_SHOWN)
    return render(
        request,
        access,
        "channels.html",
        status=200 if errors is NO_ERRORS else 422,
        channels=channels,
        addresses={channel.id: masked(channel) for channel in channels},
        problems={channel.id: split_error(channel.last_error) for channel in channels if channel.last_error},
        counts={each.channel_id: each for each in status},
        kinds=all_channel_kinds(),
        links=services_of(request).settings.base_url is not None,
        created=_find(channels, created),
        tested=_find(channels, tested),
        entered=entered or {"kind": "apprise", "name": "", "address": "", "language": language_of(request)},
        errors=errors,
    )


def _find(channels: list[Channel], channel_id: int | None) -> Channel | None:
    return next((channel for channel in channels if channel.id == channel_id), None)
