"""The ways devices write their messages, one file each. A new file here is a new format, with nothing else to change."""

import sys
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ingest.model import Format
from ingest.plugins import collect

_HELPERS = frozenset({"payloads", "times"})


@cache
def all_formats() -> Mapping[str, Format]:
    """Every format by its slug. Two of the same slug are a DeclarationError."""
    return MappingProxyType(collect(sys.modules[__name__], "FORMAT", Format, helpers=_HELPERS))
