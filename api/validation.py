"""Says in the caller's language what pydantic found wrong with a field."""

from collections.abc import Mapping
from typing import Any

from core.i18n import Translator

_KEYS = {
    "missing": "field_missing",
    "extra_forbidden": "field_unknown",
    "json_invalid": "json_invalid",
    "string_too_short": "text_too_short",
    "string_too_long": "text_too_long",
    "too_long": "list_too_long",
    "literal_error": "choice_unknown",
    "enum": "choice_unknown",
    "bool_parsing": "choice_unknown",
    "greater_than_equal": "number_at_least",
    "less_than_equal": "number_at_most",
}
# The beginnings of families: int_parsing, int_type, int_from_float …
_FAMILIES = {"int": "number_form", "float": "number_form", "decimal": "number_form", "date_": "date_form", "datetime": "time_form", "timezone": "time_form"}  # fmt: skip
_LIMITS = ("max_length", "min_length", "ge", "le")


def describe_field_error(t: Translator, kind: str, context: Mapping[str, Any]) -> str:
    """The text for a pydantic error type and its context."""
    family = next((key for prefix, key in _FAMILIES.items() if kind.startswith(prefix)), "value_form")
    limit = next((context[name] for name in _LIMITS if name in context), None)
    key = f"errors.{_KEYS.get(kind, family)}"
    return t(key, limit=limit) if limit is not None else t(key)
