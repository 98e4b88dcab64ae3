"""What the person at the terminal is told: where people and devices reach Gatehouse."""

import socket
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import psutil

from core import hosts
from core.settings import Settings
from ingest.broker_url import split_broker_urls

Server = tuple[str, int]
"""Host and port on which it listens."""


def welcome(settings: Settings, *, http: Server, broker: Server | None, network: Sequence[str]) -> str:
    """Several lines. `broker`: the embedded one; `network`: the addresses of this machine in it."""
    lines = ["", "Gatehouse is running.", "", *_pages(settings, http, network), *_devices(settings, broker, network)]
    return "\n".join([*lines, "", "Ctrl-C stops it.", ""])


def network_addresses() -> list[str]:
    """The IPv4 addresses by which other machines may reach this one."""
    up = {name for name, stats in psutil.net_if_stats().items() if stats.isup}
    return [
        address.address
        for name, addresses in psutil.net_if_addrs().items()
        for address in addresses
        if name in up and address.family == socket.AF_INET and not address.address.startswith(("127.", "169.254."))
    ]


def _pages(settings: Settings, http: Server, network: Sequence[str]) -> Iterator[str]:
    if settings.public_url:
        yield from _block("Pages", [settings.public_url, *_addresses("http", http, network)])
    elif http[0] in hosts.LOOPBACK:
        yield from _block("Pages", [*_addresses("http", http, network), "only for this machine"])
    else:
        yield from _block("Pages", _addresses("http", http, network))


def _devices(settings: Settings, broker: Server | None, network: Sequence[str]) -> Iterator[str]:
    if broker is None:
        urls = [urlsplit(each) for each in split_broker_urls(settings.mqtt_url.get_secret_value() if settings.mqtt_url else "")]
        yield from _block("Devices", [f"{url.scheme}://{url.netloc.rpartition('@')[2]}" for url in urls])
    elif broker[0] in hosts.LOOPBACK:
        yield from _block("Devices", [*_addresses("mqtt", broker, network), "only on this machine; --listen lets others in"])
    else:
        sign_in = "they sign in with the short name of their site and the password made on the page of its settings"
        yield from _block("Devices", [*_addresses("mqtt", broker, network), sign_in])


def _addresses(scheme: str, server: Server, network: Sequence[str]) -> list[str]:
    """Those of a server; of one that listens everywhere, what others call it, or itself where there is no network."""
    host, port = server
    names = network if host in hosts.EVERYWHERE and network else [hosts.from_here(host)]
    return [f"{scheme}://{hosts.in_url(each)}:{port}" for each in names]


def _block(label: str, lines: Sequence[str]) -> Iterator[str]:
    for index, line in enumerate(lines):
        yield f"  {'' if index else label:<10}{line}"
