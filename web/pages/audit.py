"""The audit log: of a site for its manager, of everything for administrators."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import Access, SiteAccess, allow, allow_anywhere
from api.deps import Conn
from api.language import language_of
from api.paging import PageRequest, Paging
from core.i18n import Language, Translator, catalogue
from people.queries.audit import list_audit_entries
from store.db import Connection
from web.navigation import NavItem
from web.page import render
from web.rendering import format_duration

_LENGTH = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)")  # as Python writes a timedelta

router = APIRouter()
NAV = (
    NavItem(key="audit", label_key="nav.audit_all", icon="history", path="/admin/audit", roles=("admin",), order=920, primary=True),
    NavItem(key="site_audit", label_key="nav.audit", icon="history", path="/s/{site}/audit", roles=("manager",), order=190),
)


@router.get("/admin/audit")
def audit_page(request: Request, access: Annotated[Access, allow_anywhere("admin")], conn: Conn, paging: Paging) -> HTMLResponse:
    return _page(request, access, conn, None, paging)


@router.get("/s/{site}/audit")
def site_audit_page(request: Request, access: Annotated[SiteAccess, allow("manager")], conn: Conn, paging: Paging) -> HTMLResponse:
    return _page(request, access, conn, access.site.id, paging)


def _page(request: Request, access: Access, conn: Connection, site_id: int | None, paging: PageRequest) -> HTMLResponse:
    rows = list_audit_entries(conn, site_id=site_id, person_id=None, before_id=paging.after, limit=paging.limit + 1)
    entries, following = paging.page(rows, key=lambda entry: entry.id)
    t = Translator(language_of(request))
    return render(
        request,
        access,
        "audit.html",
        entries=[
            (entry, action_text(entry.action, t.language), detail_lines(entry.detail, t, entry.action.partition(".")[0]))
            for entry in entries
        ],
        next_cursor=following,
        first=not paging.cursor,
    )


def action_text(action: str, language: Language) -> str:
    """`alert.acknowledged` in words; the code itself where an older version wrote one that is no more."""
    return catalogue(language).get(f"audit.action.{action}", action)


def detail_lines(detail: Mapping[str, object], t: Translator, about: str = "") -> list[tuple[str, str]]:
    """The facts of an entry as (name, value); a change reads `old → new`.

    What is peculiar to the things it is `about` comes first: the code of a checkpoint is not called as that of an asset is.
    """
    texts = catalogue(t.language)
    return [
        (
            texts.get(f"audit.field_of.{about}.{name}") or texts.get(f"audit.field.{name}", name),
            _value(value, texts.get(f"audit.values_of.{about}.{name}") or texts.get(f"audit.values.{name}", ""), t),
        )
        for name, value in detail.items()
        if value is not None
    ]


def _value(value: object, family: str, t: Translator) -> str:
    """In words where the field's values are codes of a family of texts, like `roles`."""
    if isinstance(value, Mapping) and value.keys() == {"from", "to"}:
        return f"{_value(value['from'], family, t)} → {_value(value['to'], family, t)}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_value(each, family, t)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(_value(each, family, t) for each in value)
    if isinstance(value, bool):
        return t("common.yes") if value else t("common.no")
    if value in (None, ""):
        return "–"
    length = _LENGTH.fullmatch(str(value)) if family == "length" else None
    if length:
        days, hours, minutes, seconds = (int(part or 0) for part in length.groups())
        return format_duration(timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds), t.language)
    return catalogue(t.language).get(f"{family}.{value}", str(value))
