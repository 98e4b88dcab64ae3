"""The kinds of device, one file each. A new file here is a new kind, with nothing else to change."""

import sys
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ingest.model import DeviceKind
from ingest.plugins import collect

_HELPERS = frozenset({"check", "document", "judging"})


@cache
def all_kinds() -> Mapping[str, DeviceKind]:
    """Every kind by its slug. Two of the same slug are a DeclarationError."""
    return MappingProxyType(collect(sys.modules[__name__], "KIND", DeviceKind, helpers=_HELPERS))
