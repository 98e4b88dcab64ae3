"""Why a notification could not be delivered, and which machines notifications never go to."""

import ipaddress
import socket
from typing import Literal, get_args

Reason = Literal["timeout", "unreachable", "encryption", "address_refused", "redirect", "status", "rejected", "address", "internal"]
REASONS: tuple[Reason, ...] = get_args(Reason)

# Cloud providers hand out credentials of the machine here. The well-known 169.254.169.254 is link-local and refused as such.
_METADATA = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254")))


class TransportError(Exception):
    """A notification did not arrive. `permanent`: trying again is pointless. `detail` is a number or empty, never an address."""

    def __init__(self, reason: Reason, detail: str = "", *, permanent: bool = False) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
        self.permanent = permanent

    @property
    def stored(self) -> str:
        """As the tables keep it: `timeout`, `status:503`."""
        return f"{self.reason}:{self.detail}" if self.detail else self.reason


def split_error(stored: str) -> tuple[str, str]:
    """Reason and detail of a stored error."""
    reason, _, detail = stored.partition(":")
    return reason, detail


def resolve_host(host: str, port: int) -> str:
    """An IP address of the host that notifications may go to; connect to it and not to the name, which may change.

    Private and loopback addresses are allowed: compounds run receivers of their own, and who may add a channel is the
    manager of a site. Link-local, metadata, multicast and unspecified addresses are a permanent TransportError.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TransportError("unreachable") from None
    addresses = [str(sockaddr[0]) for *_, sockaddr in found]
    if not addresses or not all(map(_is_allowed, addresses)):
        raise TransportError("address_refused", permanent=True)
    return addresses[0]


def _is_allowed(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address.sixtofour or address
    return not (address.is_link_local or address.is_multicast or address.is_unspecified or address in _METADATA)
