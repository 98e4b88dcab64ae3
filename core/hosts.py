"""Addresses a server may listen on: what they mean to others, and how they stand in a URL."""

EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def from_here(host: str) -> str:
    """Where this machine itself reaches a server that listens on `host`."""
    return "127.0.0.1" if host in EVERYWHERE else host


def in_url(host: str) -> str:
    """As a URL writes it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host
