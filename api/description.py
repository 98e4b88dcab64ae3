"""The OpenAPI description, with what FastAPI does not say by itself."""

from copy import deepcopy
from typing import Any

from fastapi import FastAPI

TEXT = """\
Programs send `Authorization: Bearer gh_…`, a token made on the account page. Browsers send the session cookie and, with
changes, the header `X-CSRF-Token`. Errors are problem+json with a stable `code`, in the language of the account or of
`Accept-Language`. Times are RFC 3339 in UTC. Lists are `{"items": […], "next": cursor or null}`."""

_SECURITY: dict[str, dict[str, str]] = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token."},
    "session": {"type": "apiKey", "in": "cookie", "name": "gatehouse", "description": "`__Host-gatehouse` over https."},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Every endpoint, how to sign in, and errors with the media type they really have."""
    description = deepcopy(app.openapi())
    description["components"]["securitySchemes"] = _SECURITY
    description["security"] = [{name: []} for name in _SECURITY]
    for path in description["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)  # FastAPI's own form of it, which we do not send
            problem = operation["responses"]["default"]["content"]
            problem["application/problem+json"] = problem.pop("application/json")
    return description
