"""The JSON API as an application; the web pages are added to it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from anyio import CapacityLimiter
from fastapi import APIRouter, FastAPI

from api import endpoints, probes
from api.access import Access, public
from api.description import TEXT, describe
from api.discover import modules_of
from api.errors import Problem, install_errors
from api.middleware import BodyLimit, CatchUnexpected, SecurityHeaders
from api.services import Services

VERSION = "1"
PREFIX = f"/api/v{VERSION}"


def create_app(services: Services, *, larger_bodies: Mapping[str, int] = MappingProxyType({})) -> FastAPI:
    """Every endpoint under /api/v1, described by /api/v1/openapi.json. `larger_bodies`: as BodyLimit takes them."""
    app = FastAPI(
        title="Gatehouse",
        version=VERSION,
        description=TEXT,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.services = services
    app.state.connection_slots = CapacityLimiter(services.settings.database_pool)
    install_errors(app)
    # The last one added is the outermost.
    app.add_middleware(CatchUnexpected)
    app.add_middleware(BodyLimit, larger=larger_bodies)
    app.add_middleware(SecurityHeaders, secure=services.settings.secure_cookies)
    app.include_router(_api_router(app))
    app.include_router(probes.router, include_in_schema=False)
    return app


def _api_router(app: FastAPI) -> APIRouter:
    router = APIRouter(prefix=PREFIX, responses={"default": {"model": Problem, "description": "problem+json"}})
    for module in modules_of(endpoints):
        router.include_router(module.router)

    @router.get("/openapi.json", include_in_schema=False)
    def openapi(visitor: Annotated[Access | None, public()]) -> dict[str, Any]:
        return describe(app)

    return router
