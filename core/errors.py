"""Errors that people see.

AppError
├── Invalid          422  what was entered cannot be accepted; names the field
│   └── InvalidRows       of a list, for each row that cannot be accepted, why
├── NotFound         404  it does not exist, or is of a site the caller may not see
├── NotSignedIn      401
├── Forbidden        403  the caller's role does not allow it
├── Conflict         409  the state of things does not allow it (any more)
├── TooManyRequests  429
└── Unavailable      503  a part we need is away

An error's `code` is its key in the catalogues (`errors.<code>`), so it reaches the user in their language.
The class docstring is the default code's meaning for developers. A subclass may be made anywhere: only `code` is needed.
"""

from collections.abc import Mapping
from typing import ClassVar


class AppError(Exception):
    """Something expected went wrong and the user is told what. `field` names where; None when it is no single one."""

    status: ClassVar[int] = 500
    code: str = "internal"

    def __init__(self, code: str | None = None, /, *, field: str | None = None, **params: object) -> None:
        if code is not None:
            self.code = code
        self.field = field
        self.params = params
        super().__init__(self.code, params)

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code}({details})"


class Invalid(AppError):
    """What was entered cannot be accepted."""

    status = 422
    code = "invalid"


class InvalidRows(Invalid):
    """A list cannot be accepted: `rows` says what is wrong with which, by its number."""

    code = "rows_invalid"

    def __init__(self, rows: Mapping[int, AppError]) -> None:
        super().__init__(n=len(rows))
        self.rows = rows


class NotFound(AppError):
    """It does not exist, or it belongs to a site the caller may not see: the answer is the same."""

    status = 404
    code = "not_found"


class NotSignedIn(AppError):
    """Nobody is signed in, or the session has ended."""

    status = 401
    code = "not_signed_in"


class Forbidden(AppError):
    """The caller is known, and their role does not allow this."""

    status = 403
    code = "forbidden"


class Conflict(AppError):
    """The state of things does not allow it, or somebody else was faster."""

    status = 409
    code = "conflict"


class TooManyRequests(AppError):
    """Tried too often; `retry_after` seconds from now it may be tried again."""

    status = 429
    code = "too_many_requests"


class Unavailable(AppError):
    """A part that is needed is away at the moment."""

    status = 503
    code = "unavailable"
