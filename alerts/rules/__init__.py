"""What is watched for, one file each. A new file here is a new rule, with nothing else to change."""

import sys
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from alerts.models import Rule
from ingest.plugins import collect


@cache
def all_rules() -> Mapping[str, Rule]:
    """Every rule by its slug. Two of the same slug are a DeclarationError."""
    return MappingProxyType(collect(sys.modules[__name__], "RULE", Rule))
