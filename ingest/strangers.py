"""The last message of each device nobody has registered yet, so that it counts when somebody does."""

from ingest.model import Message
from ingest.registry import Ledger
from ingest.routes import Unregistered

_MOST = 2000
_MOST_BYTES = 8_000_000


class Strangers:
    """Remembers as many as fit, those heard last; for a sensor that speaks once a day its first reading shows at once."""

    def __init__(self) -> None:
        self._last: dict[Unregistered, Message] = {}
        self._bytes = 0

    def remember(self, device: Unregistered, message: Message) -> None:
        """Its last message, of which every device has one."""
        self._forget(device)
        self._last[device] = message
        self._bytes += len(message.payload)
        while len(self._last) > _MOST or self._bytes > _MOST_BYTES:
            self._forget(next(iter(self._last)))

    def take_registered(self, ledger: Ledger) -> list[Message]:
        """The messages of those that are in the ledger by now."""
        registered = [device for device in self._last if _is_registered(device, ledger)]
        return [message for device in registered if (message := self._forget(device))]

    def _forget(self, device: Unregistered) -> Message | None:
        message = self._last.pop(device, None)
        if message is not None:
            self._bytes -= len(message.payload)
        return message


def _is_registered(device: Unregistered, ledger: Ledger) -> bool:
    if device.address is not None:
        return any(site.id == device.site_id for site, _ in ledger.addressed(device.address))
    site = ledger.sites.get(device.site)
    return site is not None and device.name in site.devices
