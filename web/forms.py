"""Forms that come back with what is wrong."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form, Request

from api.language import language_of
from core.errors import AppError
from core.i18n import Translator

# Empty when absent: the domain says in the person's language what is missing.
FormText = Annotated[str, Form(max_length=5000)]


@dataclass(frozen=True, kw_only=True, slots=True)
class FormErrors:
    """The text of an error at its field, or above the form when it names none of the form's fields."""

    field: str | None = None
    text: str | None = None

    def of(self, *fields: str) -> str | None:
        """The text for one of these fields."""
        return self.text if self.field in fields else None

    @property
    def form(self) -> str | None:
        """The text for the whole form."""
        return self.text if self.field is None else None


NO_ERRORS = FormErrors()


def form_errors(request: Request, error: AppError) -> FormErrors:
    """What a verb refused, for the template. Leave the verb's savepoint before: `with conn.transaction():`."""
    return FormErrors(field=error.field, text=Translator(language_of(request))(f"errors.{error.code}", **error.params))


def number(text: str) -> int | None:
    """The row id a select sent; None for none or nonsense."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
