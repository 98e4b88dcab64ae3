"""LoRaWAN: whatever a codec makes of a device's bytes, what comes of it is bounded and of the right types."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats import all_formats
from ingest.formats.parts.lorawan import is_milesight
from ingest.model import Message, Reading

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
KNOWN = ["battery", "Bat", "depth", "depth_error", "distance", "distance_mutation", "Distance", "position", "history", "timestamp"]
CONTACTS = ["leakage_status", "WATER_LEAK_STATUS", "DOOR_OPEN_STATUS", "BAT_V"]
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=300)
words = st.sampled_from(["tilt", "leak", "No Sensor", "3.3 V", "1234 mm", "collection failed"])
names = st.sampled_from(KNOWN + CONTACTS) | st.text(max_size=5)
values = st.recursive(scalars | words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5))


def read(decoded: Any, *, port: int = 85) -> list[Reading]:
    payload = json.dumps({"time": "2026-11-22T04:00:00Z", "fPort": port, "object": decoded}).encode()
    topic = "application/a/device/24e124713c140001/event/up"
    items = all_formats()["chirpstack"].decoder()(Message(topic=topic, payload=payload, size=len(payload), received_at=NOON))
    assert all(isinstance(item, Reading) for item in items)
    return [item for item in items if isinstance(item, Reading)]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(names, values, max_size=8))
def test_an_uplink_is_one_reading_of_now_whatever_its_codec_made_of_it(decoded: dict[str, Any]) -> None:
    now, *kept = read(decoded)

    assert (now.ts, now.backfilled) == (NOON, False)
    assert all(each.backfilled and not each.unmapped for each in kept)
    for each in (now, *kept):
        for slug, value in each.measures.items():
            assert isinstance(value, bool if slug in ("water_present", "door_open", "cover_open") else (int, float))
        assert not set(each.raised) & set(each.cleared)
    assert all(isinstance(value, (bool, int, float, str)) for value in now.unmapped.values())


def test_what_is_unmapped_is_bounded() -> None:
    deep: dict[str, Any] = {"level": 1}
    for _ in range(50):
        deep = {"in": deep}
    [now] = read({"deep": deep, "wide": {str(number): number for number in range(1000)}, "picture": "A" * 5000})

    assert len(now.unmapped) == 64
    assert "picture" not in now.unmapped
    assert not [path for path in now.unmapped if path.startswith("deep")]


@pytest.mark.parametrize(
    ("port", "name", "is_so"),
    [
        (85, None, True),
        (2, "EM500-SWL", True),
        (2, "水位 em500", True),
        (2, "Milesight 水位计", True),
        (2, "milesight-iot", True),
        (2, "SYSTEM500", False),
        (85.0, "LDDS75", True),
        (None, 85, False),
        ("85", {}, False),
    ],
)
def test_a_milesight_is_known_by_its_port_or_its_model(port: Any, name: Any, is_so: bool) -> None:
    assert is_milesight(port, name) is is_so
