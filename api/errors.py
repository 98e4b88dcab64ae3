"""One way to tell the caller what went wrong: problem+json for programs, a page for people, both in their language."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import cast

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg_pool import PoolTimeout
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.language import language_of
from api.validation import describe_field_error
from core.errors import AppError, Invalid, InvalidRows, Unavailable
from core.i18n import MissingTextError, Translator
from core.logs import get_logger

log = get_logger(__name__)

# Read by programs, wherever else pages are shown.
_FOR_PROGRAMS = ("/api/", "/metrics", "/healthz")
_CODES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    422: "invalid",
    429: "too_many_requests",
    503: "unavailable",
}


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str
    detail: str


class Problem(BaseModel):
    """An error as RFC 9457 describes it, with a stable `code` for programs."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    errors: list[FieldProblem] | None = None
    retry_after: int | None = None
    reference: str | None = None


RenderProblem = Callable[[Request, Problem], Response]


def install_errors(app: FastAPI, render_page: RenderProblem | None = None) -> None:
    """Answer every error in one form; `render_page` answers what people open."""
    app.state.render_problem = render_page
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(psycopg.OperationalError, _on_database_away)
    app.add_exception_handler(PoolTimeout, _on_database_away)
    app.add_exception_handler(psycopg.DataError, _on_data_error)


def answer(request: Request, problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The response that tells of a problem."""
    render_page = cast("RenderProblem | None", request.app.state.render_problem)
    if render_page is None or request.url.path.startswith(_FOR_PROGRAMS):
        content = problem.model_dump(exclude_none=True)
        response: Response = JSONResponse(content, problem.status, media_type="application/problem+json")
    else:
        response = render_page(request, problem)
    response.headers.update(headers or {})
    return response


def describe(request: Request, status: int, code: str, params: Mapping[str, object] | None = None) -> Problem:
    """A problem in the caller's language."""
    t = Translator(language_of(request))
    title_key = f"error_page.{status}"
    try:
        title = t(title_key)
    except MissingTextError:
        title = HTTPStatus(status).phrase
    return Problem(
        type=f"urn:gatehouse:error:{code}", title=title, status=status, detail=t(f"errors.{code}", **(params or {})), code=code
    )


def _on_app_error(request: Request, error: Exception) -> Response:
    error = cast("AppError", error)
    problem = describe(request, error.status, error.code, error.params)
    problem.field = error.field
    if isinstance(error, InvalidRows):
        problem.errors = _row_problems(request, error)
    headers: dict[str, str] = {}
    retry_after = error.params.get("retry_after")
    if isinstance(retry_after, int):
        problem.retry_after = retry_after
        headers["retry-after"] = str(retry_after)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="gatehouse"'
    return answer(request, problem, headers)


def _row_problems(request: Request, error: InvalidRows) -> list[FieldProblem]:
    """By the same names as a list that cannot be read has: `3.slug`."""
    t = Translator(language_of(request))
    return [
        FieldProblem(field=f"{number}.{each.field}" if each.field else str(number), detail=t(f"errors.{each.code}", **each.params))
        for number, each in error.rows.items()
    ]


def _on_validation_error(request: Request, error: Exception) -> Response:
    error = cast("RequestValidationError", error)
    problem = describe(request, 422, "invalid")
    t = Translator(language_of(request))
    problem.errors = [
        FieldProblem(field=_field_name(each["loc"]), detail=describe_field_error(t, each["type"], each.get("ctx", {})))
        for each in error.errors()
    ]
    if len(problem.errors) == 1:
        problem.field = problem.errors[0].field
    return answer(request, problem)


def _field_name(loc: Sequence[int | str]) -> str:
    """`("body", "shifts", 0, "from")` is `shifts.0.from`."""
    return ".".join(str(part) for part in (loc[1:] or loc))


def _on_http_error(request: Request, error: Exception) -> Response:
    error = cast("HTTPException", error)
    return answer(request, describe(request, error.status_code, _CODES.get(error.status_code, "bad_request")), error.headers)


def _on_database_away(request: Request, error: Exception) -> Response:
    log.warning("database_away", path=request.url.path, error=str(error))
    code = "disk_full" if isinstance(error, psycopg.errors.DiskFull) else Unavailable.code
    return answer(request, describe(request, Unavailable.status, code), {"retry-after": "5"})


def _on_data_error(request: Request, error: Exception) -> Response:
    """A value that no column can hold, like a text with a NUL in an address."""
    log.warning("value_refused_by_database", method=request.method, path=request.url.path, error=str(error))
    return answer(request, describe(request, Invalid.status, Invalid.code))


def on_unexpected(request: Request, error: Exception) -> Response:
    """A bug of ours: logged with a reference, which is all the caller is told."""
    reference = secrets.token_hex(4)
    log.error("unexpected_error", reference=reference, method=request.method, path=request.url.path, exc_info=error)
    problem = describe(request, 500, "internal")
    problem.reference = reference
    return answer(request, problem)
