"""Topics find their format, and what is subscribed to comes once."""

import dataclasses

import pytest

from ingest.formats import all_formats
from ingest.topics import Readers, filter_pattern, nats_subjects, subscriptions


@pytest.mark.parametrize(
    ("topic_filter", "topic", "fits"),
    [
        ("a/+/c", "a/b/c", True),
        ("a/+/c", "a//c", True),
        ("a/+/c", "a/b/b/c", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("a/#", "ab", False),
        ("#", "a/b", True),
        ("#", "$SYS/a", False),
        ("+/b", "$SYS/b", False),
        ("a.b/+", "axb/c", False),
        ("a/b", "a/b\n", False),
    ],
)
def test_filters_match_as_mqtt_says(topic_filter: str, topic: str, fits: bool) -> None:
    assert bool(filter_pattern(topic_filter).fullmatch(topic)) is fits


def test_a_mistake_in_our_own_topic_is_left_to_the_native_format_to_explain() -> None:
    find = Readers(all_formats()).find
    for topic in ("gatehouse/v1/wutong/gate-1/reading", "gatehouse/v1/wutong/gate-1/readings", "gatehouse/v1/wutong"):
        reader = find(topic)
        assert reader is not None
        assert (reader.format, reader.site) == ("native", None)
    assert find("nobody/reads/this") is None


def test_no_message_comes_by_two_subscriptions() -> None:
    native = all_formats()["native"]
    other = dataclasses.replace(native, slug="other", topics=("zigbee2mqtt/+", "zigbee2mqtt/+"))
    assert subscriptions({"native": native, "other": other}) == ("gatehouse/v1/#", "zigbee2mqtt/+")


def test_compounds_that_name_their_nodes_alike_are_remembered_apart() -> None:
    readers = Readers(all_formats())
    first, again, other, plain = (
        readers.find(f"{prefix}spBv1.0/g/NDATA/node")
        for prefix in ("gatehouse/v1/wutong/raw/", "gatehouse/v1/wutong/raw/", "gatehouse/v1/jinxiu/raw/", "")
    )
    assert first
    assert again
    assert other
    assert plain
    assert first.decode == again.decode
    assert len({id(each.decode.__self__) for each in (first, other, plain)}) == 3  # type: ignore[attr-defined]
    born = readers.find("gatehouse/v1/wutong/raw/spBv1.0/g/NBIRTH/node")
    assert born
    assert born.decode == first.decode


@pytest.mark.parametrize(
    ("topic_filter", "subjects"),
    [
        ("gatehouse/v1/wutong/#", ("gatehouse.v1.wutong.>", "gatehouse.v1.wutong")),
        ("/sys/+/+/thing", ("/.sys.*.*.thing",)),
        ("a//b", ("a./.b",)),
        ("spBv1.0/#", ("spBv1//0.>", "spBv1//0")),
    ],
)
def test_a_filter_is_written_as_nats_names_it(topic_filter: str, subjects: tuple[str, ...]) -> None:
    assert nats_subjects(topic_filter) == subjects
