"""Where notifications of a site go."""

from typing import Annotated

from fastapi import APIRouter, Request

from alerts import manage_channels as verbs
from alerts.queries import channels as queries
from api.access import SiteAccess, allow_also_installation
from api.deps import Conn, Now, RowId, services_of
from api.paging import Page
from api.schemas.alerts import ChannelIn, ChannelOut, TestOut

router = APIRouter(prefix="/sites/{site}/channels", tags=["alerts"])
Manager = Annotated[SiteAccess, allow_also_installation("manager")]


@router.get("")
def list_channels(access: Manager, conn: Conn) -> Page[ChannelOut]:
    """All in use; there are few."""
    return Page(items=[ChannelOut.of(channel) for channel in queries.list_channels(conn, site_id=access.site.id)])


@router.post("", status_code=201)
def create_channel(new: ChannelIn, access: Manager, conn: Conn, now: Now) -> ChannelOut:
    """From now on alerts go there too. The address cannot be read again."""
    return ChannelOut.of(verbs.create_channel(conn, access.actor, now=now, site_id=access.site.id, **new.model_dump()))


@router.post("/{channel_id}/test")
def send_test(channel_id: RowId, request: Request, access: Manager, conn: Conn, now: Now) -> TestOut:
    """Send a test and wait for it, some seconds at most."""
    base_url = services_of(request).settings.base_url
    failure = verbs.send_test(conn, access.actor, now=now, site=access.site, channel_id=channel_id, base_url=base_url)
    return TestOut(arrived=failure is None, error=failure.stored if failure else "")


@router.delete("/{channel_id}", status_code=204)
def retire_channel(channel_id: RowId, access: Manager, conn: Conn, now: Now) -> None:
    """Nothing goes there any more."""
    verbs.retire_channel(conn, access.actor, now=now, site_id=access.site.id, channel_id=channel_id)
