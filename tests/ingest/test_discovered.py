"""What an unregistered device is likely to be."""

from datetime import UTC, datetime

import pytest

from ingest.discovered import guess_kind
from ingest.kinds import all_kinds
from ingest.model import DeviceEvent, DeviceKind, Presence, Reading

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KINDS = all_kinds()


def says(*measures: str, faults: tuple[str, ...] = ()) -> Reading:
    return Reading(site="wutong", device="new", ts=NOW, measures=dict.fromkeys(measures, 1), faults=faults)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.slug)
def test_a_kind_is_known_by_its_measures(kind: DeviceKind) -> None:
    assert guess_kind(says(*(measure.slug for measure in kind.measures)), KINDS) == kind.slug


def test_one_measure_of_its_own_is_enough_and_one_that_several_have_is_not() -> None:
    assert guess_kind(says("pump_on"), KINDS) == "drainage"
    assert guess_kind(says("battery"), KINDS) is None
    assert guess_kind(says("colour"), KINDS) is None


def test_faults_and_events_tell_too() -> None:
    assert guess_kind(says(faults=("video_loss",)), KINDS) == "cctv"
    event = DeviceEvent(site="wutong", device="new", ts=NOW, event_id="1", type="tailgating", data={})
    assert guess_kind(event, KINDS) == "gate_barrier"


def test_that_it_is_there_tells_nothing() -> None:
    assert guess_kind(Presence(site="wutong", device="new", ts=None, online=True), KINDS) is None
