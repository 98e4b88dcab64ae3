"""What the rows of a list mean at a site: which device, of which asset, or what is wrong in which cell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeVar

from assets.models import CATEGORIES, Area, AssetFacts, AssetRef, NewDevice
from assets.queries import ledger, places
from core.errors import AppError, Invalid
from core.i18n import LANGUAGES, catalogue
from ingest.kinds import all_kinds
from store.db import Connection
from web.device_forms import CATEGORY_OF_KIND, minutes_of_silence
from web.device_sheet.columns import COLUMNS, Column, Row, word

T = TypeVar("T")

# Where the verbs find something wrong, as columns.
_COLUMN_OF: Mapping[str | None, Column] = {
    "slug": "slug",
    "address": "address",
    "kind": "kind",
    "name": "name",
    "silent_after": "silence",
    "asset_id": "code",
    "new_asset.code": "code",
    "new_asset.name": "name",
    "new_asset.category": "category",
    "new_asset.area_id": "area",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A row with the device it makes, of the `asset` of the ledger or a new one; or `problems` in its cells."""

    row: Row
    device: NewDevice | None = None
    asset: AssetRef | None = None
    problems: Mapping[Column, AppError]


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """What people may call things at a site."""

    kinds: Mapping[str, str]
    categories: Mapping[str, str]
    areas_by_slug: Mapping[str, Area]
    areas_by_name: Mapping[str, Sequence[Area]]
    assets: Mapping[str, AssetRef]

    @classmethod
    def at(cls, conn: Connection, site_id: int) -> Self:
        """As they are now."""
        areas = places.list_areas(conn, site_id)
        by_name: dict[str, list[Area]] = {}
        for area in areas:
            by_name.setdefault(word(area.name), []).append(area)
        return cls(
            kinds={word(text): kind.slug for kind in all_kinds().values() for text in (kind.slug, kind.name.zh, kind.name.en)},
            categories={
                word(text): each
                for each in CATEGORIES
                for text in (each, *(catalogue(language)[f"asset_category.{each}"] for language in LANGUAGES))
            },
            areas_by_slug={area.slug: area for area in areas},
            areas_by_name=by_name,
            assets={asset.code: asset for asset in ledger.list_asset_refs(conn, site_id)},
        )


def plan(rows: Sequence[Row], words: Words) -> list[Planned]:
    """What they mean by themselves; whether the ledger takes them, the verb says."""
    return [_plan_row(row, words) for row in rows]


def with_refusals(planned: Sequence[Planned], refused: Mapping[int, AppError]) -> list[Planned]:
    """With what the verb says of them, by number, at the cell it is about."""
    return [
        replace(each, problems={_COLUMN_OF.get(refused[each.row.number].field, "slug"): refused[each.row.number]})
        if each.row.number in refused
        else each
        for each in planned
    ]


def _plan_row(row: Row, words: Words) -> Planned:
    problems: dict[Column, AppError] = {column: Invalid(code, field=column) for column, code in row.problems.items()}
    if not row.slug and not problems.keys() & {"slug", "address"}:
        problems["slug"] = Invalid("slug_or_address", field="slug")
    kind = _read(problems, "kind", lambda: _kind(row.kind, words)) or ""
    silent_after = _read(problems, "silence", lambda: minutes_of_silence(row.silence))
    asset = words.assets.get(row.code)
    new_asset = None if asset or "code" in problems else _new_asset(row, kind, words, problems)
    if problems:
        return Planned(row=row, asset=asset, problems={column: problems[column] for column in COLUMNS if column in problems})
    device = NewDevice(
        slug=row.slug,
        kind=kind,
        name=row.name,
        address=row.address or None,
        asset_id=asset.id if asset else None,
        new_asset=new_asset,
        silent_after=silent_after,
    )
    return Planned(row=row, device=device, asset=asset, problems={})


def _read(problems: dict[Column, AppError], column: Column, meaning: Callable[[], T]) -> T | None:
    """What the cell means; None with the problem noted when that cannot be told, or the cell has one already."""
    if column in problems:
        return None
    try:
        return meaning()
    except Invalid as error:
        problems[column] = error
        return None


def _kind(text: str, words: Words) -> str:
    if not text:
        raise Invalid("choice_missing", field="kind")
    if word(text) not in words.kinds:
        raise Invalid("kind_unknown", field="kind", found=text)
    return words.kinds[word(text)]


def _new_asset(row: Row, kind: str, words: Words, problems: dict[Column, AppError]) -> AssetFacts | None:
    """The asset to enter with the device, called like it; None when the row names none."""
    category = _read(problems, "category", lambda: _category(row.category, kind, words))
    area = _read(problems, "area", lambda: _area(row.area, words))
    if not row.code:
        if row.category or row.area:
            problems["code"] = Invalid("asset_code_missing", field="code")
        return None
    return AssetFacts(code=row.code, name=row.name, category=category or "", area_id=area.id if area else None)


def _category(text: str, kind: str, words: Words) -> str:
    if not text:
        return CATEGORY_OF_KIND.get(kind, "other")
    if word(text) not in words.categories:
        raise Invalid("category_unknown", field="category", found=text)
    return words.categories[word(text)]


def _area(text: str, words: Words) -> Area | None:
    if not text or text in words.areas_by_slug:
        return words.areas_by_slug.get(text)
    named = words.areas_by_name.get(word(text), ())
    if len(named) != 1:
        raise Invalid("area_unclear" if named else "area_unknown", field="area", found=text)
    return named[0]
