"""What every kind of device must keep, however it is declared. A new kind is tested by adding its file."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import web
from core.i18n import Text
from ingest.formats import all_formats
from ingest.health import faults_of
from ingest.kinds import all_kinds
from ingest.kinds.check import check_reading
from ingest.kinds.judging import judge, status_of
from ingest.model import DeviceKind, Measure, Reading, Sample, Unit

KINDS = [pytest.param(kind, id=slug) for slug, kind in all_kinds().items()]
SAMPLES = [
    pytest.param(kind, sample, id=f"{slug}-{number}")
    for slug, kind in all_kinds().items()
    for number, sample in enumerate(kind.samples)
]
OTHER_COLUMNS = {"site_id", "device_id", "ts", "received_at", "faults"}
CHINESE = re.compile("[\u4e00-\u9fff]")
SPRITE = Path(web.__file__).parent / "static" / "icons.svg"
ICONS = set(re.findall(r'<symbol id="([a-z0-9-]+)"', SPRITE.read_text(encoding="utf-8")))


def reading_of(sample: Sample) -> Reading:
    """A sample as a format would hand it over."""
    ts = datetime(2026, 11, 22, 4, tzinfo=UTC)
    return Reading(site="riverside", device="d-1", ts=ts, measures=dict(sample.measures), faults=sample.faults)


@pytest.mark.parametrize(("kind", "sample"), SAMPLES)
def test_a_sample_is_accepted_as_it_is_and_leads_to_its_status(kind: DeviceKind, sample: Sample) -> None:
    checked = check_reading(kind, reading_of(sample))

    faults = faults_of(judge(kind, checked.measures, checked.faults))

    assert checked.measures == sample.measures
    assert checked.faults == sample.faults
    assert (checked.unknown, checked.unknown_faults) == (None, ())
    assert status_of(kind, faults) == sample.status
    assert set(sample.faults) <= set(faults) <= {fault.slug for fault in kind.faults}


@pytest.mark.parametrize("kind", KINDS)
def test_the_samples_show_every_measure_a_heartbeat_and_every_status(kind: DeviceKind) -> None:
    shown = {slug for sample in kind.samples for slug in sample.measures}

    assert shown == {measure.slug for measure in kind.measures}
    assert any(not sample.measures and not sample.faults for sample in kind.samples)
    assert {sample.status for sample in kind.samples} == {"online", "degraded", "fault"}


@pytest.mark.parametrize("kind", KINDS)
def test_slugs_are_unique_and_fit_for_columns_and_topics(kind: DeviceKind) -> None:
    measures = [measure.slug for measure in kind.measures]
    faults = [fault.slug for fault in kind.faults]
    events = [event.slug for event in kind.events]

    for slugs in (measures, faults, events):
        assert len(set(slugs)) == len(slugs)
    for slug in (kind.slug, *measures, *faults, *events):
        assert re.fullmatch("[a-z][a-z0-9_]{1,39}", slug), slug
    assert OTHER_COLUMNS.isdisjoint(measures)


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_stands_in_both_languages(kind: DeviceKind) -> None:
    texts: list[Text] = [kind.name]
    texts += [thing.name for things in (kind.measures, kind.faults, kind.events) for thing in things]
    texts += [thing.note for things in (kind.measures, kind.faults) for thing in things if thing.note]
    texts += [word for measure in kind.measures for word in measure.choices.values()]

    for text in texts:
        assert text.en
        assert not CHINESE.search(text.en), text
        assert CHINESE.search(text.zh), text


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_have_a_range_words_have_choices_and_truth_values_neither(kind: DeviceKind) -> None:
    for measure in kind.measures:
        assert bool(measure.choices) == (measure.unit is Unit.CHOICE), measure.slug
        if measure.unit in (Unit.BOOL, Unit.CHOICE):
            assert measure.low is measure.high is None, measure.slug
        else:
            assert measure.low is not None, measure.slug
            assert measure.high is not None, measure.slug
            assert measure.low < measure.high, measure.slug


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_judged_is_judged_from_measures_of_the_kind_and_told(kind: DeviceKind) -> None:
    measures = {measure.slug for measure in kind.measures}

    for fault in kind.faults:
        reads = [condition.reads for condition in fault.judged]
        assert all(reads), fault.slug
        assert measures.issuperset(slug for each in reads for slug in each), fault.slug
        assert len(set(reads)) == len(reads), fault.slug
        assert bool(reads) == (fault.note is not None and "judged:" in fault.note.en), fault.slug


@pytest.mark.parametrize("kind", KINDS)
def test_silence_and_icon_are_sensible(kind: DeviceKind) -> None:
    assert timedelta(seconds=10) <= kind.silent_after <= timedelta(days=1)
    assert kind.icon in ICONS


@pytest.mark.parametrize("kind", KINDS)
def test_the_extremes_of_every_range_are_accepted_and_judged(kind: DeviceKind) -> None:
    for measure in kind.measures:
        for value in extremes(measure):
            checked = check_reading(kind, reading_of(Sample(measures={measure.slug: value})))
            faults = faults_of(judge(kind, checked.measures, checked.faults))
            assert set(faults) <= {fault.slug for fault in kind.faults}


def extremes(measure: Measure) -> list[bool | float | str]:
    """The values at which a judgement most likely stumbles."""
    if measure.unit is Unit.BOOL:
        return [False, True]
    if measure.unit is Unit.CHOICE:
        return list(measure.choices)
    assert measure.low is not None
    assert measure.high is not None
    return [measure.low, measure.high]


def test_the_kinds_and_the_native_format_are_found() -> None:
    assert set(all_kinds()) >= {"gate_barrier", "access_control", "cctv", "drainage", "perimeter_beam", "gateway"}
    assert "native" in all_formats()
