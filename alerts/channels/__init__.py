"""Ways to reach people, one file each. A new file here is a new way, with nothing else to change."""

import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from alerts.message import Message
from alerts.models import Channel
from alerts.transport import TransportError
from core.i18n import Text
from core.logs import get_logger
from ingest.plugins import collect

log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelKind:
    """One way to deliver. The address may hold a secret: no function here logs it or puts it into an error.

    `check` returns the address as it is kept, or raises Invalid for field `address`. `mask` is what people may see of it.
    `send` blocks, at most some seconds, and raises TransportError unless the message has arrived.
    """

    slug: str
    name: Text
    hint: Text
    example: str
    check: Callable[[str], str]
    mask: Callable[[str], str]
    send: Callable[[str, Message], None]


@cache
def all_channel_kinds() -> Mapping[str, ChannelKind]:
    """Every kind by its slug. Two of the same slug are a DeclarationError."""
    return MappingProxyType(collect(sys.modules[__name__], "KIND", ChannelKind))


def masked(channel: Channel) -> str:
    """The channel's address as people may see it."""
    kind = all_channel_kinds().get(channel.kind)
    return "•••" if kind is None else kind.mask(channel.address)


def send(channel: Channel, message: Message) -> None:
    """Deliver now. Raises TransportError and nothing else."""
    kind = all_channel_kinds().get(channel.kind)
    if kind is None:  # a kind of another version
        raise TransportError("address", permanent=True)
    try:
        kind.send(channel.address, message)
    except TransportError:
        raise
    except Exception as error:  # a fault in one channel must not hold up the others
        # Neither the message nor the trace: both may quote the address.
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error("channel_broken", kind=channel.kind, error=type(error).__name__, file=place.filename, line=place.lineno)  # noqa: TRY400
        raise TransportError("internal") from None
