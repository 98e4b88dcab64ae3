"""Every route of the application with the rule that guards it."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from api.access import AccessRule, AtSite

SAFE = {"GET", "HEAD", "OPTIONS"}
FILLED = {"site": "wutong"}


@dataclass(frozen=True, kw_only=True)
class GuardedRoute:
    """A method of a route. `url` has the site of the cast and made-up ids."""

    method: str
    path: str
    rules: tuple[AccessRule, ...]

    @property
    def url(self) -> str:
        parts = [FILLED.get(part[1:-1].split(":")[0], "1") if part.startswith("{") else part for part in self.path.split("/")]
        return "/".join(parts)

    @property
    def rule(self) -> AccessRule:
        return self.rules[0]

    @property
    def of_site(self) -> bool:
        return isinstance(self.rule, AtSite)

    @property
    def unsafe(self) -> bool:
        return self.method not in SAFE


def all_routes(app: FastAPI) -> Iterator[GuardedRoute]:
    """Everything but the static files."""
    for context in iter_route_contexts(app.routes):
        if context.name == "static":
            continue
        for method in sorted(context.methods or {"GET"}):
            dependant = getattr(context, "dependant", None)
            yield GuardedRoute(method=method, path=context.path or "", rules=tuple(_rules(dependant)) if dependant else ())


def _rules(dependant: Dependant) -> Iterator[AccessRule]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, AccessRule):
            yield dependency.call
        else:
            yield from _rules(dependency)
