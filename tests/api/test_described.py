"""The API keeps what its own description promises, whatever is sent."""

from collections.abc import Callable

import httpx
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks

from api.description import describe
from tests.browser import HOST
from tests.cast import Cast, Member

# Would end the session with which the others are asked.
LEFT_OUT = {"DELETE /api/v1/session"}
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


def test_every_operation_answers_as_described(app: FastAPI, signed_in: Callable[[Member], httpx.Client], cast: Cast) -> None:
    client = signed_in(cast.admin)
    token = client.headers["x-csrf-token"]
    schema = schemathesis.openapi.from_dict(describe(app))
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.label in LEFT_OUT:
            continue

        @settings(
            max_examples=5,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            if case.path_parameters and "site" in case.path_parameters:
                case.path_parameters["site"] = "wutong"
            request = case.as_transport_kwargs(base_url=f"http://{HOST}", headers={"x-csrf-token": token})
            if isinstance(request.get("data"), bytes):
                request["content"] = request.pop("data")
            request.pop("cookies", None)  # the client has those of its session
            case.validate_response(client.request(**request), checks=CHECKS)

        ask()
        asked += 1
    assert asked > 20
