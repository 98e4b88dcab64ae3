"""Addresses with what a list was narrowed to."""

from urllib.parse import urlencode


def link(path: str, **params: object) -> str:
    """The path with those of the parameters that say something."""
    said = {name: value for name, value in params.items() if value not in (None, "", False)}
    return f"{path}?{urlencode(said)}" if said else path
