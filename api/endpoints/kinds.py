"""The kinds of device there are, as declared."""

from typing import Annotated

from fastapi import APIRouter

from api.access import Access, signed_in
from api.deps import Translate
from api.schemas.devices import KindOut, MeasureOut
from core.i18n import Translator
from ingest.kinds import all_kinds
from ingest.model import DeviceKind, Measure, Unit

router = APIRouter(prefix="/device-kinds", tags=["devices"])


@router.get("")
def list_kinds(access: Annotated[Access, signed_in()], t: Translate) -> list[KindOut]:
    """With names in the caller's language."""
    return [_kind(kind, t) for kind in all_kinds().values()]


def _kind(kind: DeviceKind, t: Translator) -> KindOut:
    return KindOut(
        slug=kind.slug,
        name=t.text(kind.name),
        silent_after=kind.silent_after,
        measures=[_measure(measure, t) for measure in kind.measures],
        faults={fault.slug: t.text(fault.name) for fault in kind.faults},
        events={event.slug: t.text(event.name) for event in kind.events},
    )


def _measure(measure: Measure, t: Translator) -> MeasureOut:
    return MeasureOut(
        slug=measure.slug,
        name=t.text(measure.name),
        unit="" if measure.unit in (Unit.BOOL, Unit.CHOICE) else measure.unit.value,
        low=measure.low,
        high=measure.high,
        choices={slug: t.text(name) for slug, name in measure.choices.items()},
    )
