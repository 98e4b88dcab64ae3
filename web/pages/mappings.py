"""What devices send that no format reads, taught without code: mappings of a site, tried on the last messages."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.access import SiteAccess, allow
from api.deps import Conn, Now, RowId, Translate
from api.mappings import may_map_directly
from core.errors import Conflict, Forbidden, Invalid
from core.i18n import Translator
from ingest.mappings import edit
from ingest.mappings.model import TIME_FORMS, TopicMapping
from ingest.mappings.preview import Preview, fitting, preview, readable, site_topic, unread
from ingest.personal import KEPT_BYTES
from ingest.queries import mappings as queries
from ingest.queries.inboxes import list_discovered
from ingest.topics import filter_pattern, is_filter
from ingest.views import DiscoveredDevice, HeardMessage
from store.db import Connection
from web.forms import NO_ERRORS, FormErrors, form_errors
from web.mapping_forms import MappingForm, all_targets, target_names
from web.navigation import NavItem
from web.page import render, see

router = APIRouter(prefix="/s/{site}/mappings")
NAV = NavItem(
    key="mappings",
    label_key="nav.mappings",
    icon="adjustments",
    path="/s/{site}/mappings",
    roles=("engineer", "manager"),
    order=145,
)
Integrator = Annotated[SiteAccess, allow("engineer", "manager")]
MESSAGES_SHOWN = 5


@router.get("")
def mappings_page(request: Request, access: Integrator, conn: Conn, done: str = "") -> HTMLResponse:
    """What is mapped, and what nobody reads yet. Live: a new topic appears by itself."""
    site = access.site
    mappings = queries.list_mappings(conn, site_ids=[site.id])
    rules = queries.list_rules(conn, site_ids=[site.id])
    return render(
        request,
        access,
        "mappings.html",
        mappings=mappings,
        devices={each.id: queries.count_devices_of(conn, site_id=site.id, format_=each.slug) for each in mappings},
        rules={each.id: sum(rule.format == each.slug for rule in rules) for each in mappings},
        heard={each.id: queries.list_heard(conn, site_id=site.id, mapping_id=each.id)[:1] for each in mappings},
        unread=_not_of(mappings, _unread(conn, access)),
        stray=_not_of([each for each in mappings if each.direct], _stray(conn, access)),
        done=done if done in ("saved", "deleted") else "",
    )


@router.get("/new")
def new_page(
    request: Request, access: Integrator, conn: Conn, t: Translate, now: Now, topic: str = "", direct: bool = False
) -> HTMLResponse:
    """`topic`: one that nobody reads, to begin with; `direct`: it names no site."""
    others = [each.topic for each in _unread(conn, access) + (_stray(conn, access) if direct else [])]
    form = MappingForm.of_topic(site_topic(topic[:300], access.site.slug), others) if topic else MappingForm()
    form.direct = "1" if direct and may_map_directly(access) else ""
    return _page(request, access, conn, t, now, form)


@router.post("/new")
def create(
    request: Request, access: Integrator, conn: Conn, t: Translate, now: Now, form: Annotated[MappingForm, Form()]
) -> Response:
    try:
        with conn.transaction():
            mapping = edit.create_mapping(
                conn,
                access.actor,
                now=now,
                site_id=access.site.id,
                facts=form.facts(),
                rules=form.rules(),
                direct=may_map_directly(access),
            )
    except (Invalid, Conflict) as error:
        return _page(request, access, conn, t, now, form, errors=form_errors(request, error))
    return see(f"/s/{access.site.slug}/mappings/{mapping.id}?done=created")


@router.post("/preview")
def preview_part(
    request: Request,
    access: Integrator,
    conn: Conn,
    t: Translate,
    now: Now,
    form: Annotated[MappingForm, Form()],
    mapping_id: Annotated[int, Form(ge=0, lt=2**63)] = 0,
) -> HTMLResponse:
    """What the form would make of the last messages, while it is typed."""
    previews, errors = _previews(request, access, conn, now, form, mapping_id)
    return render(
        request, access, "mapping_preview.html", previews=previews, errors=errors, form=form, target_names=target_names(t)
    )


@router.get("/{mapping_id}")
def mapping_page(
    request: Request, access: Integrator, mapping_id: RowId, conn: Conn, t: Translate, now: Now, done: str = ""
) -> HTMLResponse:
    mapping = queries.get_mapping(conn, access.site.id, mapping_id)
    form = _saved(conn, mapping)
    return _page(request, access, conn, t, now, form, mapping_id=mapping_id, done=done if done == "created" else "")


@router.post("/{mapping_id}")
def update(
    request: Request,
    access: Integrator,
    mapping_id: RowId,
    conn: Conn,
    t: Translate,
    now: Now,
    form: Annotated[MappingForm, Form()],
) -> Response:
    try:
        with conn.transaction():
            edit.update_mapping(
                conn,
                access.actor,
                now=now,
                site_id=access.site.id,
                mapping_id=mapping_id,
                facts=form.facts(),
                rules=form.rules(),
                direct=may_map_directly(access),
            )
    except (Invalid, Conflict) as error:
        return _page(request, access, conn, t, now, form, mapping_id=mapping_id, errors=form_errors(request, error))
    return see(f"/s/{access.site.slug}/mappings?done=saved")


@router.post("/{mapping_id}/delete")
def delete(request: Request, access: Integrator, mapping_id: RowId, conn: Conn, t: Translate, now: Now) -> Response:
    try:
        with conn.transaction():
            edit.delete_mapping(conn, access.actor, now=now, site_id=access.site.id, mapping_id=mapping_id)
    except Conflict as error:
        mapping = queries.get_mapping(conn, access.site.id, mapping_id)
        return _page(
            request, access, conn, t, now, _saved(conn, mapping), mapping_id=mapping_id, errors=form_errors(request, error)
        )
    return see(f"/s/{access.site.slug}/mappings?done=deleted")


def _saved(conn: Connection, mapping: TopicMapping) -> MappingForm:
    """The form as it was saved last; rules of single devices are entered on their own pages."""
    rules = queries.list_rules(conn, site_ids=[mapping.site_id], format_=mapping.slug)
    return MappingForm.of_mapping(mapping, [each for each in rules if each.device_id is None])


def _page(
    request: Request,
    access: SiteAccess,
    conn: Connection,
    t: Translator,
    now: datetime,
    form: MappingForm,
    *,
    mapping_id: int = 0,
    errors: FormErrors = NO_ERRORS,
    done: str = "",
) -> HTMLResponse:
    if not access.may("engineer", "manager"):  # who only reads gets no form
        raise Forbidden
    previews, _ = _previews(request, access, conn, now, form, mapping_id)
    return render(
        request,
        access,
        "mapping.html",
        status=422 if errors.text else 200,
        form=form,
        mapping=queries.get_mapping(conn, access.site.id, mapping_id) if mapping_id else None,
        errors=errors,
        previews=previews,
        targets=all_targets(t),
        target_names=target_names(t),
        time_forms=TIME_FORMS,
        may_direct=may_map_directly(access),
        done=done,
    )


def _previews(
    request: Request, access: SiteAccess, conn: Connection, now: datetime, form: MappingForm, mapping_id: int
) -> tuple[list[Preview], FormErrors]:
    """The last messages of these topics and what the form makes of them; while it cannot be applied, what stands in them."""
    site, facts = access.site, form.facts()
    messages = _messages(conn, access, form, mapping_id, now)
    try:
        mapping = edit.draft(site.id, form.slug, facts)
        rules = edit.check_rules(site.id, form.slug, None, form.rules())
    except Invalid as error:
        if is_filter(facts.topic_filter):
            messages = fitting(facts.topic_filter, messages) or messages
        return [unread(each) for each in messages[:MESSAGES_SHOWN]], form_errors(request, error)
    fits = fitting(mapping.topic_filter, messages)[:MESSAGES_SHOWN]
    return [preview(mapping, rules, each, site=site.slug, zone=site.zone) for each in fits], NO_ERRORS


def _messages(conn: Connection, access: SiteAccess, form: MappingForm, mapping_id: int, now: datetime) -> list[HeardMessage]:
    """What came lately and may be of these topics: the one typed in, what this mapping read, what nobody reads."""
    site, direct = access.site, bool(form.direct)
    messages = queries.list_heard(conn, site_id=site.id, mapping_id=mapping_id) if mapping_id else []
    messages += [_discovered(each) for each in list_discovered(conn, site.id, limit=50)]
    messages = readable(messages, site.slug, direct=direct) + _unread(conn, access)
    if direct:
        messages += _stray(conn, access)
    if form.try_topic.strip():
        topic = site_topic(form.try_topic.strip(), site.slug)
        messages.insert(0, HeardMessage(topic=topic, payload=form.try_payload.strip().encode(), received_at=now))
    return messages


def _discovered(device: DiscoveredDevice) -> HeardMessage:
    payload = device.last_payload.encode()
    return HeardMessage(
        topic=device.last_topic, payload=payload, received_at=device.last_seen_at, is_cut=len(payload) >= KEPT_BYTES
    )


def _unread(conn: Connection, access: SiteAccess) -> list[HeardMessage]:
    """What no format reads at the site."""
    return readable(queries.list_unread(conn, site_id=access.site.id), access.site.slug, direct=False)


def _stray(conn: Connection, access: SiteAccess) -> list[HeardMessage]:
    """What no format reads and names no site, for who may map it."""
    return readable(queries.list_unread(conn, site_id=None), access.site.slug, direct=True) if may_map_directly(access) else []


def _not_of(mappings: Iterable[TopicMapping], messages: list[HeardMessage]) -> list[HeardMessage]:
    patterns = [filter_pattern(each.topic_filter) for each in mappings]
    return [each for each in messages if not any(pattern.fullmatch(each.topic) for pattern in patterns)]
