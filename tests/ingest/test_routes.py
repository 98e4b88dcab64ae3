"""A vendor's device is found by its address, whatever its topics say of the compound."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from core.i18n import Text
from ingest.batch import Batch
from ingest.credentials import keyed_hash
from ingest.discovered import code_of
from ingest.formats import all_formats
from ingest.health import Health
from ingest.health_tracker import HealthTracker
from ingest.intake import Intake, Limits
from ingest.kinds import all_kinds
from ingest.model import Decoded, DeviceEvent, Format, Message, Presence, Reading, Reply
from ingest.registry import KnownDevice, KnownSite, Ledger

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SHANGHAI = timezone(timedelta(hours=8))
GATE = all_kinds()["gate_barrier"]
WORDS: Mapping[str, type[Reading | DeviceEvent | Presence]] = {"reading": Reading, "event": DeviceEvent, "presence": Presence}


def speak(message: Message) -> list[Decoded]:
    """A vendor whose messages are what a format makes of them, as JSON."""
    said = msgspec.json.decode(message.payload)
    items: list[Decoded] = [msgspec.convert(fields, WORDS[word], strict=False) for word, fields in said.items() if word != "reply"]
    return items + [Reply(topic=f"{message.topic}/reply", payload=b"ok")] * ("reply" in said)


ACME = Format(slug="acme", name=Text("Acme", "顶点"), topics=("acme/+",), decoder=lambda: speak, about=Text("–", "–"))


def gate(site_id: int, number: int, address: str | None) -> KnownDevice:
    return KnownDevice(
        key=(site_id, number),
        slug=f"gate-{number}",
        address=address,
        kind_slug=GATE.slug,
        kind=GATE,
        silent_after=GATE.silent_after,
        health=Health(status="online", since=NOON - timedelta(days=1), reason="seen"),
        last_seen_at=None,
        last_ts=None,
    )


def site(site_id: int, slug: str, *devices: KnownDevice) -> KnownSite:
    return KnownSite(id=site_id, slug=slug, devices={each.slug: each for each in devices}, zone=SHANGHAI)


@dataclass
class Town:
    """An intake that knows these sites."""

    sites: tuple[KnownSite, ...]
    tracker: HealthTracker = field(default_factory=lambda: HealthTracker(NOON))

    def __post_init__(self) -> None:
        formats = {**all_formats(), "acme": ACME}
        self.intake = Intake(formats, all_kinds(), self.tracker, Limits(), keyed_hash(b"a key of sixteen"))
        ledger = Ledger({each.slug: each for each in self.sites})
        self.tracker.sync(ledger.devices(), NOON)
        self.tracker.hear(NOON)
        self.tracker.take_transitions()
        self.intake.ledger = ledger

    def hears(self, topic: str = "acme/1", **said: Any) -> Batch:
        batch, payload = Batch(), msgspec.json.encode(said)
        self.intake.take(Message(topic=topic, payload=payload, size=len(payload), received_at=NOON), batch)
        return batch


def reading(device: str = "SN-1", ts: str = "2026-11-22T12:00:00", **fields: Any) -> dict[str, Any]:
    return {"device": device, "ts": ts, "measures": {"cycles": 1}, **fields}


def refusals(batch: Batch) -> list[tuple[int | None, str, str]]:
    return [(each.site_id, each.reason, each.detail_key) for each in batch.rejected.sorted()]


def test_the_address_says_which_device_it_is_at_whichever_site() -> None:
    town = Town((site(1, "wutong", gate(1, 11, "acme:SN-1")), site(2, "jinxiu", gate(2, 21, "acme:SN-2"))))
    for number, device in ((1, "SN-1"), (2, "SN-2")):
        batch = town.hears(reading=reading(device))
        assert (batch.readings_at, refusals(batch)) == ({number}, [])


def test_a_topic_below_that_of_a_compound_says_which_compound_it_is() -> None:
    town = Town((site(1, "wutong", gate(1, 11, "acme:pump")), site(2, "jinxiu", gate(2, 21, "acme:pump"))))
    assert town.hears("gatehouse/v1/jinxiu/raw/acme/1", reading=reading("pump")).readings_at == {2}
    assert refusals(town.hears(reading=reading("pump"))) == [(None, "unknown_device", "address_twice")]
    assert refusals(town.hears("gatehouse/v1/nowhere/raw/acme/1", reading=reading("pump"))) == [(None, "unknown_site", "no_site")]
    assert refusals(town.hears("gatehouse/v1/wutong/raw/else/1", reading=reading("pump"))) == [(1, "topic", "no_format")]


def test_a_stranger_is_discovered_where_there_is_only_one_compound_or_the_topic_names_it() -> None:
    one, two = site(1, "wutong"), site(2, "jinxiu")
    [found] = Town((one,)).hears(reading=reading(kind="cctv")).discovered.sorted()
    assert (found.site_id, found.address, found.slug, found.kind_guess) == (1, "acme:SN-1", code_of("acme:SN-1"), "cctv")
    town = Town((one, two))
    assert refusals(town.hears(reading=reading())) == [(None, "unknown_device", "address_nowhere")]
    [found] = town.hears("gatehouse/v1/jinxiu/raw/acme/1", presence={"device": "SN-1", "online": True}).discovered.sorted()
    assert (found.site_id, found.address) == (2, "acme:SN-1")


def test_what_nobody_mapped_is_kept_once_a_minute_but_for_what_names_a_person() -> None:
    town = Town((site(1, "wutong", gate(1, 11, "acme:SN-1")),))
    said = {"rssi": -71, "phone.0": "13800000000", "info.personName": "王小明"}
    assert [each.name for each in town.hears(reading=reading(unmapped=said)).unmapped] == ["rssi"]
    assert town.hears(reading=reading(unmapped=said)).unmapped == []


@pytest.mark.parametrize("name", ["", "x" * 151, "a\0b"])
def test_a_name_that_cannot_be_one_is_rejected(name: str) -> None:
    assert refusals(Town((site(1, "wutong"),)).hears(reading=reading(name))) == [(None, "unknown_device", "characters")]


def test_codes_made_of_addresses_are_codes_and_differ_where_letters_are_lost() -> None:
    assert code_of("zhenshi:320dc55b-d6d6c442") == "zhenshi-320dc55b-d6d6c442"
    lossy = [
        code_of(each)
        for each in ("zigbee2mqtt:井盖 1", "zigbee2mqtt:井盖 2", "zigbee2mqtt:a/b", "zigbee2mqtt:a b", "acme:" + "x" * 150)
    ]
    assert len(set(lossy)) == 5
    assert all(len(each) <= 64 and set(each) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-") for each in lossy)


def test_a_time_without_a_zone_is_the_wall_clock_of_the_compound() -> None:
    batch = Town((site(1, "wutong", gate(1, 11, "acme:SN-1")),)).hears(reading=reading(ts="2026-11-22T12:00:00"))
    assert batch.oldest == batch.newest == NOON


def test_faults_that_begin_and_end_are_added_up_and_old_values_tell_nothing_of_now() -> None:
    town = Town((site(1, "wutong", gate(1, 11, "acme:SN-1")),))
    device = town.tracker.find((1, 11))
    assert device is not None

    def faults(**fields: Any) -> set[str]:
        town.hears(reading=reading(ts=f"2026-11-22T12:00:{len(said):02}", faults=None, **fields))
        said.append(fields)
        return set(device.health.faults)

    said: list[object] = []
    assert faults(raised=["arm_hit"]) == {"arm_hit"}
    assert faults(raised=["loop_fault"]) == {"arm_hit", "loop_fault"}
    assert faults() == {"arm_hit", "loop_fault"}
    assert faults(cleared=["arm_hit", "power_loss"]) == {"loop_fault"}
    assert faults(raised=["motor_stall"], backfilled=True) == {"loop_fault"}
    [late] = town.hears(reading=reading(ts="2026-11-22T12:00:59", backfilled=True)).rows.values()
    assert (len(late.fresh), len(late.late)) == (0, 1)


DATA = {"lane": 2, "Plate": "浙A12345", "seen": [{"personName": "王小明"}]}


def test_a_credential_is_kept_as_a_hash_and_nothing_else_of_it() -> None:
    town = Town((site(1, "wutong", gate(1, 11, "acme:SN-1")),))
    event = {
        "device": "SN-1",
        "ts": "2026-11-22T12:00:00",
        "event_id": "1",
        "type": "vehicle_passed",
        "data": DATA,
        "credential": "浙A12345",
    }
    [rows] = town.hears(event=event).rows.values()
    [(data, _)] = rows.fresh
    assert "浙A12345".encode() not in data
    assert b'{"lane":2,"seen":[{}],"credential":' in data
    assert keyed_hash(b"a key of sixteen")("浙A12345").encode() in data
    assert keyed_hash(b"a key of sixteen")("浙A12345") != keyed_hash(b"another key, also")("浙A12345")


def test_what_the_format_has_no_word_for_is_kept_by_name_once_a_minute_and_not_without_end() -> None:
    town = Town((site(1, "wutong", gate(1, 11, "acme:SN-1")),))
    first = town.hears(reading=reading(unmapped={"rssi": -71, "note": "x" * 500, "info.personName": "王小明"})).unmapped
    assert [(each.device_id, each.name, each.value[:3]) for each in first] == [(11, "rssi", "-71"), (11, "note", '"xx')]
    assert town.hears(reading=reading(unmapped={"rssi": -72})).unmapped == []
    many = town.hears(reading=reading(unmapped={f"n{number}": 1 for number in range(500)})).unmapped
    assert len(many) == 98


def test_an_answer_goes_where_its_sender_hears_it() -> None:
    town = Town((site(1, "wutong", gate(1, 11, "acme:SN-1")),))
    assert town.hears(reply={}).replies == [Reply(topic="acme/1/reply", payload=b"ok")]
    assert town.hears("gatehouse/v1/wutong/raw/acme/1", reply={}).replies == [
        Reply(topic="gatehouse/v1/wutong/raw/acme/1/reply", payload=b"ok")
    ]


def test_a_device_of_a_kind_of_another_version_is_told_at_its_site() -> None:
    strange = replace(gate(1, 11, "acme:SN-1"), kind=None, kind_slug="robot")
    assert refusals(Town((site(1, "wutong", strange),)).hears(reading=reading())) == [(1, "unknown_kind", "no_kind")]
