"""The ways devices write their messages, one file each. A new file here is a new format, with nothing else to change; what several
read alike is in `parts`."""

import sys
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ingest.model import OUR_FORMAT, Format
from ingest.plugins import collect


@cache
def all_formats() -> Mapping[str, Format]:
    """Every format by its slug. Two of the same slug are a DeclarationError."""
    return MappingProxyType(collect(sys.modules[__name__], "FORMAT", Format))


def vendor_formats() -> tuple[str, ...]:
    """Those whose devices are found by an address, by slug: every one but our own."""
    return tuple(slug for slug in all_formats() if slug != OUR_FORMAT)
