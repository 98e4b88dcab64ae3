"""How devices behave, one file for each kind. A new file here lets the simulator play a new kind."""

import sys
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from ingest.plugins import collect
from simulators.behaviour.model import Behaviour

_HELPERS = frozenset({"model", "motion"})


@cache
def all_behaviours() -> Mapping[str, Behaviour[Any]]:
    """Every behaviour by the slug of its kind."""
    return MappingProxyType(collect(sys.modules[__name__], "BEHAVIOUR", Behaviour, helpers=_HELPERS))
