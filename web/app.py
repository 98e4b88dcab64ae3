"""The whole web application: the API, the pages and the static files."""

from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from api.app import create_app
from api.discover import modules_of
from api.errors import Problem, install_errors
from api.services import Services
from web import pages
from web.device_sheet.read import MAX_FILE_BYTES
from web.navigation import collect_nav
from web.page import plain_context
from web.rendering import make_templates

STATIC = Path(__file__).parent / "static"
# Twice what a list of devices may have: what is a little too large is told on the page.
LARGER_BODIES = {"/register-devices": 2 * MAX_FILE_BYTES}


def create_web(services: Services) -> FastAPI:
    """The API with the pages; what `gatehouse web` serves."""
    app = create_app(services, larger_bodies=LARGER_BODIES)
    app.state.templates = make_templates()
    modules = modules_of(pages)
    app.state.nav = collect_nav(modules)
    install_errors(app, _render_problem)
    for module in modules:
        app.include_router(module.router, include_in_schema=False)
    app.mount("/static", CachedFiles(directory=STATIC), name="static")
    return app


def _render_problem(request: Request, problem: Problem) -> Response:
    """A page for people; scripts that fetch parts of pages get problem+json, strangers the login page."""
    if request.headers.get("hx-request"):
        return JSONResponse(problem.model_dump(exclude_none=True), problem.status, media_type="application/problem+json")
    if problem.status == 401:
        return RedirectResponse(f"/login?next={quote(_path_to_return_to(request), safe='')}", 303)
    context = plain_context(request) | {"status": problem.status, "message": problem.detail, "reference": problem.reference}
    template = request.app.state.templates.get_template("errors/error.html")
    return HTMLResponse(template.render(context), problem.status)


def _path_to_return_to(request: Request) -> str:
    if request.method != "GET":
        return "/"
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


class CachedFiles(StaticFiles):
    """Static files. An address with a content hash (`?v=…`) never changes its content; others are asked for again."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hashed = scope.get("query_string", b"").startswith(b"v=")

        async def send_cached(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in {200, 304}:
                headers = MutableHeaders(scope=message)
                headers["cache-control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
            await send(message)

        await super().__call__(scope, receive, send_cached)
