"""A Home Assistant as far as its MQTT integration goes: it subscribes, reads descriptions and renders templates as that one does.

Source: home-assistant/core, homeassistant/components/mqtt: discovery.py, schemas.py, sensor.py, binary_sensor.py, entity.py;
components/sensor/const.py for which unit goes with which device class.
"""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from ingest.broker_url import parse_broker_url

UNAVAILABLE, UNKNOWN = "unavailable", "unknown"

_TOPIC = re.compile(r"(?P<component>\w+)/(?:(?P<node>[a-zA-Z0-9_-]+)/)?(?P<object>[a-zA-Z0-9_-]+)/config")
_ROOT = {"dev": "device", "o": "origin", "cmps": "components", "avty": "availability", "avty_mode": "mode", "stat_t": "state_topic"}
_DEVICE = {"ids", "name", "mf", "mdl", "sn", "sa", "cu"}
_ENTITY = {"p", "name", "uniq_id", "val_tpl", "dev_cla", "stat_cla", "unit_of_meas", "ops", "avty", "json_attr_t", "json_attr_tpl"}
_UNITS = {
    "temperature": {"°C", "°F", "K"},
    "current": {"A", "mA"},
    "voltage": {"V", "mV"},
    "duration": {"d", "h", "min", "s", "ms"},
    "distance": {"km", "m", "cm", "mm"},
    "volume_flow_rate": {"m³/h", "L/min", "L/s", "mL/s"},
    "data_rate": {"bit/s", "kbit/s", "Mbit/s"},
    "battery": {"%"},
}
_BINARY_CLASSES = {"problem", "door", "opening", "moisture", "running", "occupancy"}
_TEMPLATES = ImmutableSandboxedEnvironment()


def render(template: str, payload: str) -> str:
    """As it renders a value."""
    return _TEMPLATES.from_string(template).render(value=payload, value_json=json.loads(payload))


@dataclass(kw_only=True)
class Entity:
    """One thing it shows."""

    config: Mapping[str, Any]
    state_topic: str
    availability: list[Mapping[str, str]]
    native: str | None = None
    warned_of: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)

    def take(self, topic: str, payload: str) -> None:
        """A message for it."""
        if topic == self.config.get("json_attr_t"):
            self.attributes = json.loads(render(self.config["json_attr_tpl"], payload))
        if topic == self.state_topic:
            self._take_value(render(self.config["val_tpl"], payload))

    def _take_value(self, value: str) -> None:
        if value == "None":
            self.native = None
        elif self.config["p"] == "binary_sensor":
            if value.strip():
                self.native = {"ON": "on", "OFF": "off"}[value]
        elif options := self.config.get("ops"):
            if value in options:
                self.native = value
            else:
                self.warned_of.append(value)
        elif value:
            float(value)  # its numbers are numbers
            self.native = value


def read_config(topic: str, payload: str, prefix: str = "homeassistant") -> dict[str, Entity]:
    """The entities that a device's description makes, by name. AssertionError where Home Assistant would refuse it."""
    match = _TOPIC.fullmatch(topic.removeprefix(f"{prefix}/"))
    assert match
    assert match["component"] == "device"
    document = json.loads(payload)
    assert document.keys() <= _ROOT.keys()
    root = {_ROOT[key]: value for key, value in document.items()}
    assert root["device"].keys() <= _DEVICE
    assert root["device"]["ids"]
    assert root["origin"]["name"]
    assert root["mode"] == "all"
    entities: dict[str, Entity] = {}
    for config in root["components"].values():
        _check_entity(config)
        assert config["name"] not in entities
        availability = config.get("avty", root["availability"])
        entities[config["name"]] = Entity(config=config, state_topic=root["state_topic"], availability=availability)
    return entities


def _check_entity(config: Mapping[str, Any]) -> None:
    assert config.keys() <= _ENTITY
    assert config["uniq_id"]
    device_class = config.get("dev_cla")
    if config["p"] == "binary_sensor":
        assert device_class is None or device_class in _BINARY_CLASSES
        return
    assert config["p"] == "sensor"
    if device_class == "enum":
        assert config["ops"]
        assert "stat_cla" not in config
        assert "unit_of_meas" not in config
    else:
        assert config["stat_cla"] in ("measurement", "total_increasing")
        assert device_class is None or config["unit_of_meas"] in _UNITS[device_class]


class Home:
    """It, connected. States are told by the names that people see."""

    def __init__(self, url: str, *, prefix: str = "homeassistant", client_id: str = "home-assistant") -> None:
        self._prefix = prefix
        self._lock = threading.RLock()
        self._entities: dict[str, dict[str, Entity]] = {}
        self._last: dict[str, str] = {}
        self.devices: dict[str, dict[str, Any]] = {}
        self.configs: list[str] = []
        self.refused: list[str] = []
        self._asked: dict[int | None, str] = {}
        self._hears = threading.Event()  # descriptions of devices
        self._address = parse_broker_url(url)
        self._client_id = client_id
        self._connect()

    def _connect(self) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=self._client_id)
        self._client.username_pw_set(self._address.username, self._address.password)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_subscribe = self._on_subscribe
        self._client.connect(self._address.host, self._address.port)
        self._client.loop_start()

    @property
    def names(self) -> set[str]:
        """Of the devices it has."""
        with self._lock:
            return {device["name"] for device in self.devices.values()}

    def entity(self, device: str, name: str) -> Entity:
        """KeyError while there is none."""
        with self._lock:
            topic = next((topic for topic, about in self.devices.items() if about["name"] == device), "")
            return self._entities[topic][name]

    def state(self, device: str, name: str) -> str:
        """As a page of it shows it."""
        with self._lock:
            try:
                entity = self.entity(device, name)
            except KeyError:
                return ""
            if not all(self._is_available(each) for each in entity.availability):
                return UNAVAILABLE
            return UNKNOWN if entity.native is None else entity.native

    def say_online(self) -> None:
        """Its birth message, when it has started."""
        self._client.publish(f"{self._prefix}/status", "online", qos=1).wait_for_publish(20)

    def publish(self, topic: str, payload: str) -> None:
        """What it should not."""
        self._client.publish(topic, payload, qos=1, retain=True).wait_for_publish(20)

    def subscribe(self, topic: str) -> None:
        """As its integration does, or more than it should."""
        _, mid = self._client.subscribe(topic, 0)  # its default
        self._asked[mid] = topic

    def leave(self) -> None:
        """Its connection, with all it knows."""
        self._client.disconnect()
        self._client.loop_stop()

    def come_back(self) -> None:
        """To the broker, and say so once it hears again."""
        self._hears.clear()
        self._connect()
        assert self._hears.wait(20)
        self.say_online()

    def close(self) -> None:
        self.leave()

    def _is_available(self, config: Mapping[str, str]) -> bool:
        payload = self._last.get(config["t"])
        if not payload:
            return False
        return (render(config["val_tpl"], payload) if "val_tpl" in config else payload) == "online"

    def _on_connect(self, *_: object) -> None:
        for component in ("sensor", "binary_sensor", "device"):
            self.subscribe(f"{self._prefix}/{component}/+/config")
            self.subscribe(f"{self._prefix}/{component}/+/+/config")
        self.subscribe("tasmota/discovery/#")  # for another integration of its
        for topic in self._topics():
            self.subscribe(topic)

    def _on_subscribe(self, _: object, __: object, mid: int, reasons: list[Any], ___: object) -> None:
        if reasons[0].is_failure:
            self.refused.append(self._asked[mid])
        elif self._asked[mid] == f"{self._prefix}/device/+/+/config":
            self._hears.set()

    def _on_message(self, _: object, __: object, message: MQTTMessage) -> None:
        topic, payload = message.topic, message.payload.decode()
        with self._lock:
            if topic.startswith(f"{self._prefix}/"):
                self._discover(topic, payload)
                return
            self._last[topic] = payload
            for entities in self._entities.values():
                for entity in entities.values():
                    if payload:
                        entity.take(topic, payload)

    def _discover(self, topic: str, payload: str) -> None:
        self.configs.append(topic)
        before = self._entities.pop(topic, {})
        if not payload:
            self.devices.pop(topic, None)
            return
        entities = read_config(topic, payload, self._prefix)
        for name, entity in entities.items():
            entity.native = before[name].native if name in before else None
        self._entities[topic] = entities
        self.devices[topic] = json.loads(payload)["dev"]
        for each in self._topics():
            self.subscribe(each)

    def _topics(self) -> set[str]:
        with self._lock:
            every = [entity for entities in self._entities.values() for entity in entities.values()]
            return {entity.state_topic for entity in every} | {each["t"] for entity in every for each in entity.availability}
