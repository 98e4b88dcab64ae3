"""What Home Assistant calls what our measures are. Source: its MQTT integration, and its list of device classes."""

from collections.abc import Mapping

from core.i18n import Language
from ingest.model import Measure, Unit, Value

Entity = dict[str, object]
"""One component of its discovery, with the names it abbreviates."""

_MEASUREMENT = "measurement"
_NUMBERS: Mapping[Unit, Mapping[str, str]] = {
    Unit.COUNT: {"stat_cla": "total_increasing"},  # kinds count since installation
    Unit.PERCENT: {"unit_of_meas": "%", "stat_cla": _MEASUREMENT},
    Unit.CELSIUS: {"unit_of_meas": "°C", "dev_cla": "temperature", "stat_cla": _MEASUREMENT},
    Unit.AMPERE: {"unit_of_meas": "A", "dev_cla": "current", "stat_cla": _MEASUREMENT},
    Unit.VOLT: {"unit_of_meas": "V", "dev_cla": "voltage", "stat_cla": _MEASUREMENT},
    Unit.SECOND: {"unit_of_meas": "s", "dev_cla": "duration", "stat_cla": _MEASUREMENT},
    Unit.DAY: {"unit_of_meas": "d", "dev_cla": "duration", "stat_cla": _MEASUREMENT},
    Unit.MILLIMETRE: {"unit_of_meas": "mm", "dev_cla": "distance", "stat_cla": _MEASUREMENT},
    Unit.LITRE_PER_SECOND: {"unit_of_meas": "L/s", "dev_cla": "volume_flow_rate", "stat_cla": _MEASUREMENT},
    Unit.KILOBIT_PER_SECOND: {"unit_of_meas": "kbit/s", "dev_cla": "data_rate", "stat_cla": _MEASUREMENT},
    Unit.FRAME_PER_SECOND: {"unit_of_meas": "fps", "stat_cla": _MEASUREMENT},
}
# Those that it has a word and a picture for, and that mean the same when they are on.
_CLASSES: Mapping[str, str] = {
    "battery": "battery",
    "door_open": "door",
    "cover_open": "opening",
    "water_present": "moisture",
    "pump_on": "running",
    "loop_occupied": "occupancy",
}


def entity(measure: Measure, language: Language) -> Entity:
    """How it is shown. Never heard of, a choice is unknown; anything else keeps what it was."""
    found: Entity = {"p": "sensor", "name": measure.name.in_(language)}
    missing = ""
    if measure.unit is Unit.BOOL:
        found["p"] = "binary_sensor"
    elif measure.unit is Unit.CHOICE:
        found |= {"dev_cla": "enum", "ops": [text.in_(language) for text in measure.choices.values()]}
        missing = "None"
    else:
        found |= _NUMBERS[measure.unit]
    if measure.slug in _CLASSES:
        found["dev_cla"] = _CLASSES[measure.slug]
    # By subscript: an attribute of that name may be a method.
    found["val_tpl"] = f"{{{{ value_json.measures['{measure.slug}'] | default('{missing}') }}}}"
    return found


def told(measure: Measure, value: Value, language: Language) -> Value:
    """A value as the entity expects it."""
    if measure.unit is Unit.BOOL:
        return on_or_off(bool(value))
    if measure.unit is Unit.CHOICE and value in measure.choices:
        return measure.choices[str(value)].in_(language)
    return value


def on_or_off(value: bool) -> str:
    """The two words of a binary sensor."""
    return "ON" if value else "OFF"
