"""A Home Assistant shows what our devices say and how they are; and only what is true now."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.devices import retire_device
from assets.models import Site
from core.clock import ManualClock
from core.i18n import LANGUAGES, Language
from ingest.embedded_broker import EmbeddedBroker
from ingest.formats import all_formats
from ingest.home_assistant.documents import BRIDGE_TOPIC, Place, config, config_topic, state, state_topic
from ingest.home_assistant.publisher import HomeAssistant, HomeAssistantOptions
from ingest.ingester import Ingester
from ingest.kinds import all_kinds
from ingest.model import DeviceKind
from ingest.queries.home_assistant import ShownDevice
from ingest.topics import filter_pattern, subscriptions
from people.models import SYSTEM
from store.db import Database
from store.listen import ChangeListener
from store.notify import Change, notify
from tests.ingest.conftest import Connect, Devices, Publisher, Run, insert_device, reading, rows
from tests.ingest.home import UNAVAILABLE, UNKNOWN, Home, read_config, render
from tests.ingest.test_embedded_broker import password_hash, site_url

Wait = Callable[..., None]
Show = Callable[..., HomeAssistant]
GATE = "gatehouse/v1/wutong/gate-1"
PREFIX = "homeassistant"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """The embedded broker, which knows of a Home Assistant."""
    server = EmbeddedBroker(tmp_path / "broker", ack_wait=2, home_assistant_prefix=PREFIX).start()
    yield server
    server.stop()


@pytest.fixture
def home(broker: EmbeddedBroker) -> Iterator[Home]:
    """Home Assistant, with rights of its own."""
    running = Home(broker.home_assistant_url)
    yield running
    running.close()


@pytest.fixture
def show(db: Database, listener: ChangeListener, broker: EmbeddedBroker, clock: ManualClock) -> Iterator[Show]:
    """Begins to show devices; stopped at the end."""
    running: list[HomeAssistant] = []

    def start(**options: Any) -> HomeAssistant:
        chosen = HomeAssistantOptions(**{"prefix": PREFIX, "measures_seconds": 0.0, "client_id": f"shows-{len(running)}"} | options)
        shown = HomeAssistant(
            db=db, listener=listener, clock=clock, kinds=all_kinds(), mqtt_url=broker.showing_url, options=chosen
        ).start()
        running.append(shown)
        return shown

    yield start
    for each in running:
        each.stop()


@pytest.fixture
def ingester(run_ingester: Run) -> Ingester:
    """Without one nothing is known to be true."""
    return run_ingester()


Send = Callable[..., None]


@pytest.fixture
def send(device: Publisher, ingester: Ingester, clock: ManualClock, wait_for: Wait) -> Send:
    """Sends readings of the gate; then some time passes, for changes are told at most every second."""

    def send(*readings: dict[str, object], by: Publisher = device) -> None:
        before = ingester.stats.committed
        for each in readings:
            by.publish(f"{GATE}/reading", each)
        wait_for(lambda: ingester.stats.committed == before + len(readings))
        clock.advance(timedelta(seconds=11))

    return send


def rename(db: Database, site: Site, device_id: int, name: str) -> None:
    with db.transaction() as conn:
        conn.execute("UPDATE device SET name = %s WHERE id = %s", (name, device_id))
        notify(conn, Change(topic="ledger", site_id=site.id))


def test_it_shows_what_the_devices_measured_last_in_their_words(
    devices: Devices, send: Send, home: Home, show: Show, clock: ManualClock, wait_for: Wait
) -> None:
    send(reading(clock.now(), position="closed", loop_occupied=True, cycles=184220))
    show(base_url="https://gates.example")
    wait_for(lambda: home.state("gate-1", "闸杆位置") == "关闭")
    send(reading(clock.now(), motor_temp=41.5))  # it tells its measures in turns
    wait_for(lambda: home.state("gate-1", "电机温度") == "41.5")
    late = reading(clock.now() - timedelta(minutes=5), motor_temp=20, motor_current=0.5)
    send(late, reading(clock.now(), motor_temp=900))  # no motor is as hot: it is rejected
    wait_for(lambda: home.state("gate-1", "电机电流") == "0.5")
    seen = {name: home.state("gate-1", name) for name in ("状态", "故障", "闸杆位置", "地感有车", "累计起落次数", "电机温度")}
    assert seen == {
        "状态": "在线",
        "故障": "off",
        "闸杆位置": "关闭",
        "地感有车": "on",
        "累计起落次数": "184220",
        "电机温度": "41.5",
    }
    assert home.state("gate-1", "最近一次运行时长") == UNKNOWN
    temperature = home.entity("gate-1", "电机温度").config
    assert (temperature["unit_of_meas"], temperature["dev_cla"], temperature["stat_cla"]) == ("°C", "temperature", "measurement")
    about = next(each for each in home.devices.values() if each["sn"] == "gate-1")
    assert about["mdl"] == "道闸"
    assert about["sa"] == "梧桐苑"
    assert about["cu"] == "https://gates.example/s/wutong/devices/gate-1"


def test_it_follows_an_outage_and_a_fault(
    devices: Devices, connect: Connect, send: Send, home: Home, show: Show, clock: ManualClock, wait_for: Wait
) -> None:
    show()
    wait_for(lambda: home.state("gate-1", "状态") == "未知")
    assert home.state("gate-1", "故障") == UNKNOWN
    gate = connect("gate-1", will=(f"{GATE}/status", '{"status": "offline"}'))
    send(reading(clock.now(), "motor_stall", motor_temp=88), by=gate)
    wait_for(lambda: home.state("gate-1", "电机温度") == "88.0")
    assert (home.state("gate-1", "状态"), home.state("gate-1", "故障")) == ("故障", "on")
    entity = home.entity("gate-1", "故障")
    assert (entity.attributes["code"], entity.attributes["faults"]) == ("fault", ["电机堵转"])
    gate.vanish()
    wait_for(lambda: home.state("gate-1", "状态") == "离线")
    assert home.state("gate-1", "故障") == "on"
    assert home.state("gate-1", "电机温度") == UNAVAILABLE
    send(reading(clock.now() + timedelta(seconds=1), motor_temp=60.5))
    wait_for(lambda: home.state("gate-1", "电机温度") == "60.5")
    assert (home.state("gate-1", "状态"), home.state("gate-1", "故障")) == ("在线", "off")


def test_who_comes_back_does_not_show_what_was_measured_before_it_went(
    devices: Devices, connect: Connect, send: Send, home: Home, show: Show, clock: ManualClock, wait_for: Wait
) -> None:
    show(measures_seconds=3600)
    gate = connect("gate-1", will=(f"{GATE}/status", '{"status": "offline"}'))
    send(reading(clock.now(), motor_temp=88), by=gate)
    wait_for(lambda: home.state("gate-1", "电机温度") == "88.0")
    gate.vanish()
    wait_for(lambda: home.state("gate-1", "状态") == "离线")
    send(reading(clock.now() + timedelta(seconds=1), motor_temp=60.5))
    wait_for(lambda: home.state("gate-1", "状态") == "在线")
    assert home.state("gate-1", "电机温度") == "60.5"


def test_a_name_is_only_a_name(
    db: Database, wutong: Site, devices: Devices, ingester: Ingester, home: Home, show: Show, wait_for: Wait
) -> None:
    hostile = """东门"}, "cmps": {{ 7 * 7 }}\\ '闸' <b>☃</b>"""
    show()
    wait_for(lambda: home.state("gate-1", "状态") == "未知")
    rename(db, wutong, devices.gate, hostile)
    wait_for(lambda: hostile in home.names and "gate-1" not in home.names)
    assert home.state(hostile, "状态") == "未知"


def test_a_retired_device_goes_and_so_does_what_went_while_nobody_looked(
    db: Database,
    wutong: Site,
    jinxiu: Site,
    devices: Devices,
    ingester: Ingester,
    home: Home,
    show: Show,
    clock: ManualClock,
    wait_for: Wait,
    broker: EmbeddedBroker,
) -> None:
    with db.transaction() as conn:
        insert_device(conn, jinxiu.id, "pump-1", "drainage", clock.now())
    first = show()
    wait_for(lambda: home.names == {"gate-1", "door-1", "cam-1", "drain-1", "beam-1", "pump-1"})
    with db.transaction() as conn:
        retire_device(conn, SYSTEM, now=clock.now(), site_id=wutong.id, device_id=devices.beam)
    wait_for(lambda: "beam-1" not in home.names)
    first.stop()
    with db.transaction() as conn:
        retire_device(conn, SYSTEM, now=clock.now(), site_id=wutong.id, device_id=devices.cam)
    second = show(sites=frozenset({"wutong"}))
    wait_for(lambda: home.names == {"gate-1", "door-1", "drain-1"})
    second.stop()
    show(sites=frozenset({"-"}))
    wait_for(lambda: home.names == set())
    newcomer = Home(broker.home_assistant_url, client_id="newcomer")  # nothing is kept for one who comes later
    for site, device_id in ((wutong, devices.gate), (wutong, devices.beam)):
        newcomer.subscribe(state_topic(site.slug, device_id))
    newcomer.subscribe(BRIDGE_TOPIC)
    wait_for(lambda: BRIDGE_TOPIC in newcomer._last)
    assert (newcomer.names, newcomer._last.keys()) == (set(), {BRIDGE_TOPIC})
    newcomer.close()


def test_what_was_taken_back_while_it_was_not_connected_goes_when_it_is_again(
    devices: Devices, ingester: Ingester, home: Home, show: Show, broker: EmbeddedBroker, wait_for: Wait
) -> None:
    first = show()
    witness = Home(broker.home_assistant_url, client_id="witness")
    wait_for(lambda: len(home.names) == len(witness.names) == 5)
    home.leave()
    first.stop()
    show(sites=frozenset({"-"}))
    wait_for(lambda: witness.names == set())
    witness.close()
    home.come_back()
    wait_for(lambda: home.names == set())


def test_nothing_is_shown_as_true_while_nobody_looks_after_it(
    devices: Devices, ingester: Ingester, send: Send, home: Home, show: Show, clock: ManualClock, wait_for: Wait
) -> None:
    shown = show()
    send(reading(clock.now(), motor_temp=41.5))
    wait_for(lambda: home.state("gate-1", "电机温度") == "41.5")
    shown.stop()
    wait_for(lambda: home.state("gate-1", "状态") == UNAVAILABLE)
    assert home.state("gate-1", "电机温度") == UNAVAILABLE
    ingester.stop()
    clock.advance(timedelta(minutes=5))
    show()
    wait_for(lambda: len(home.configs) >= 10)  # it was shown again, but no ingester hears the devices
    assert home.state("gate-1", "状态") == UNAVAILABLE


def test_after_the_loss_of_the_broker_and_when_it_starts_it_is_told_everything_again(
    devices: Devices, ingester: Ingester, home: Home, show: Show, broker: EmbeddedBroker, wait_for: Wait
) -> None:
    show()
    wait_for(lambda: home.state("gate-1", "状态") == "未知")
    gate = config_topic(PREFIX, "wutong", devices.gate)
    told = home.configs.count(gate)
    home.say_online()
    wait_for(lambda: home.configs.count(gate) == told + 1)
    broker.stop()
    shutil.rmtree(broker.folder / "messages")
    again = EmbeddedBroker(broker.folder, broker.port, home_assistant_prefix=PREFIX).start()
    newcomer = Home(again.home_assistant_url, client_id="newcomer")
    wait_for(lambda: len(newcomer.names) == 5 and newcomer.state("gate-1", "状态") == "未知", seconds=40)
    newcomer.close()
    again.stop()


def test_two_processes_are_one_and_a_spare(
    db: Database, wutong: Site, devices: Devices, ingester: Ingester, home: Home, show: Show, wait_for: Wait
) -> None:
    first = show(language="zh")
    wait_for(lambda: home.state("gate-1", "状态") == "未知")
    show(language="en")
    rename(db, wutong, devices.gate, "东门")
    wait_for(lambda: home.state("东门", "状态") == "未知")
    assert home.state("东门", "Status") == ""
    first.stop()
    rename(db, wutong, devices.gate, "East gate")  # which also lets the spare look
    wait_for(lambda: home.state("East gate", "Status") == "Unknown")


def test_it_may_hear_and_say_no_more_than_it_needs_and_devices_none_of_it(
    db: Database,
    devices: Devices,
    ingester: Ingester,
    home: Home,
    show: Show,
    broker: EmbeddedBroker,
    connect: Connect,
    wait_for: Wait,
) -> None:
    show()
    wait_for(lambda: home.state("gate-1", "状态") == "未知")
    home.subscribe("gatehouse/v1/#")
    home.subscribe("#")
    wait_for(lambda: set(home.refused) == {"tasmota/discovery/#", "gatehouse/v1/#", "#"})
    home.publish(f"{GATE}/status", '{"status": "offline"}')
    home.publish(config_topic(PREFIX, "wutong", devices.gate), "")
    home.say_online()
    broker.set_site_credentials({"wutong": password_hash("w")})
    wait_for(lambda: connect("probe", url=site_url(broker, "wutong", "w")).refused is None)
    stranger = Home(site_url(broker, "wutong", "w"), client_id="stranger")
    stranger.subscribe("gatehouse/ha/wutong/+")
    wait_for(lambda: "gatehouse/ha/wutong/+" in stranger.refused, seconds=30)
    assert not stranger.names
    stranger.close()
    assert "gate-1" in home.names
    assert rows(db, "SELECT status FROM device_state WHERE device_id = %s", devices.gate) == [("unknown",)]
    assert rows(db, "SELECT topic FROM rejected_message") == []  # the ingester hears nothing of it


def test_nothing_of_it_comes_back_to_the_ingester() -> None:
    published = [config_topic(PREFIX, "wutong", 7), state_topic("wutong", 7), BRIDGE_TOPIC, f"{PREFIX}/status"]
    heard = [each for each in subscriptions(all_formats()) for topic in published if filter_pattern(each).fullmatch(topic)]
    assert heard == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", all_kinds().values(), ids=all_kinds().keys())
def test_every_kind_is_described_as_it_takes_it(kind: DeviceKind, language: Language, clock: ManualClock) -> None:
    device = ShownDevice(
        site_id=1,
        site_slug="wutong",
        site_name="梧桐苑",
        id=7,
        slug="x.7",
        name="七号",
        kind=kind.slug,
        area_name=None,
        maker=None,
        model=None,
        status="online",
        since=clock.now(),
        faults=[kind.faults[0].slug],
    )
    description = config(device, kind, Place(prefix=PREFIX, language=language)).decode()
    entities = read_config(config_topic(PREFIX, "wutong", 7), description)
    assert len(entities) == len(kind.measures) + 2
    seen: set[object] = set()
    first = entities[kind.measures[0].name.in_(language)]
    for sample in kind.samples:
        document = state(device, kind, sample.measures, language).decode()
        for entity in entities.values():
            entity.take(state_topic("wutong", 7), document)
            assert not entity.warned_of
        seen.add(first.native)
        for entity in entities.values():
            assert all(render(each["val_tpl"], document) == "online" for each in entity.availability if "val_tpl" in each)
    assert entities["状态" if language == "zh" else "Status"].attributes["faults"] == [kind.faults[0].name.in_(language)]
    assert len(seen - {None}) > 1
