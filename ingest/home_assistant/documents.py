"""What is published of a device: its description, once, and its state. Pure functions.

The state is one document of our own and not what the device sent: health, vendors' devices and readings that come late
or were rejected are known only to us. Its topic is outside `gatehouse/v1/`, or it would come back to the ingester.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from core.i18n import Language, Text, Translator
from ingest.home_assistant.words import Entity, entity, on_or_off, told
from ingest.model import DeviceKind, Status, Value
from ingest.queries.home_assistant import ShownDevice

BRIDGE_TOPIC = "gatehouse/ha/status"
ONLINE, OFFLINE = b"online", b"offline"

_STATUSES: tuple[Status, ...] = ("online", "degraded", "fault", "stale", "offline", "unknown")
_REPORTING: frozenset[Status] = frozenset({"online", "degraded", "fault"})
_DOWN: frozenset[Status] = frozenset({"fault", "stale", "offline"})  # as availability counts it
_NAMED = re.compile(r"(?P<prefix>.+)/device/(?P<site>[^/]+)/gatehouse_(?P<id>\d+)/config")
_STATUS = Text("Status", "状态")
_PROBLEM = Text("Problem", "故障")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where it is published. `base_url`: of our pages, where there is one to link to."""

    prefix: str
    language: Language
    base_url: str | None = None


def config_topic(prefix: str, site_slug: str, device_id: int) -> str:
    """Of the description. By id: a code may hold what Home Assistant does not take, and can be given anew."""
    return f"{prefix}/device/{site_slug}/gatehouse_{device_id}/config"


def state_topic(site_slug: str, device_id: int) -> str:
    """Of the state."""
    return f"gatehouse/ha/{site_slug}/{device_id}"


def find_named(topic: str) -> tuple[str, int] | None:
    """Site and device of a description of ours; None: it is somebody else's."""
    match = _NAMED.fullmatch(topic)
    return (match["site"], int(match["id"])) if match else None


def is_reporting(device: ShownDevice) -> bool:
    """Whether what it measured last is what is now."""
    return device.status in _REPORTING


def config(device: ShownDevice, kind: DeviceKind | None, place: Place) -> bytes:
    """The description: one device there with all its entities. A kind this version does not have has no measures."""
    name = f"gatehouse_{device.site_slug}_{device.id}"
    topic = state_topic(device.site_slug, device.id)
    bridge = {"t": BRIDGE_TOPIC}
    entities = _health_entities(topic, bridge, place.language)
    if kind is not None:
        entities |= {measure.slug: entity(measure, place.language) for measure in kind.measures}
    document = {
        "dev": _about(device, kind, place, name),
        "o": {"name": "Gatehouse"},
        "avty": [bridge, {"t": topic, "val_tpl": "{{ value_json.availability }}"}],
        "avty_mode": "all",
        "stat_t": topic,
        "cmps": {slug: each | {"uniq_id": f"{name}_{slug}"} for slug, each in entities.items()},
    }
    return msgspec.json.encode(document)


def state(device: ShownDevice, kind: DeviceKind | None, measures: Mapping[str, Value], language: Language) -> bytes:
    """The state as the templates of the description read it; codes that do not depend on the language are attributes."""
    names = {} if kind is None else {fault.slug: fault.name.in_(language) for fault in kind.faults}
    declared = () if kind is None else kind.measures
    document = {
        "status": Translator(language)(f"status.{device.status}"),
        "problem": "None" if device.status == "unknown" else on_or_off(device.status in _DOWN),
        "availability": (ONLINE if is_reporting(device) else OFFLINE).decode(),
        "measures": {each.slug: told(each, measures[each.slug], language) for each in declared if each.slug in measures},
        "attributes": {
            "code": device.status,
            "since": device.since,
            "faults": [names.get(slug, slug) for slug in device.faults],
            "fault_codes": device.faults,
        },
    }
    return msgspec.json.encode(document)


def _health_entities(topic: str, bridge: object, language: Language) -> dict[str, Entity]:
    """They are there also while the device is not: as long as we are."""
    t = Translator(language)
    always: Entity = {"avty": [bridge], "json_attr_t": topic, "json_attr_tpl": "{{ value_json.attributes | tojson }}"}
    status: Entity = {"p": "sensor", "name": _STATUS.in_(language), "dev_cla": "enum", "val_tpl": "{{ value_json.status }}"}
    status["ops"] = [t(f"status.{each}") for each in _STATUSES]
    problem: Entity = {"p": "binary_sensor", "name": _PROBLEM.in_(language), "dev_cla": "problem"}
    problem["val_tpl"] = "{{ value_json.problem }}"
    # A hyphen, for no measure's name has one.
    return {"health-status": status | always, "health-problem": problem | always}


def _about(device: ShownDevice, kind: DeviceKind | None, place: Place, name: str) -> dict[str, object]:
    about = {
        "ids": [name],
        "name": device.name,
        "mf": device.maker,
        "mdl": device.model or (kind.name.in_(place.language) if kind else device.kind),
        "sn": device.slug,
        # Every site has its east gate, and Home Assistant but one area of a name.
        "sa": f"{device.site_name} {device.area_name}" if device.area_name else device.site_name,
        "cu": place.base_url and f"{place.base_url}/s/{device.site_slug}/devices/{device.slug}",
    }
    return {key: value for key, value in about.items() if value}
