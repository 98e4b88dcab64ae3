"""Perimeter beam: a pair of infrared transmitter and receiver along a wall or fence."""

from datetime import timedelta

from core.i18n import Text
from ingest.model import Condition, DeviceKind, EventType, Fault, Measure, Sample, Unit

SIGNAL_LOW = 30  # %
BATTERY_LOW = 20  # %


KIND = DeviceKind(
    slug="perimeter_beam",
    name=Text("Perimeter beam", "周界红外对射"),
    icon="beam",
    silent_after=timedelta(minutes=2),
    measures=(
        Measure(
            slug="aligned",
            unit=Unit.BOOL,
            name=Text("Aligned", "对准"),
            note=Text("an interruption by a person is the event intrusion, not a misalignment", "有人遮断属于入侵事件，不是失准"),
        ),
        Measure(slug="signal", unit=Unit.PERCENT, name=Text("Signal strength", "信号强度"), low=0, high=100),
        Measure(slug="armed", unit=Unit.BOOL, name=Text("Armed", "已布防")),
        Measure(
            slug="battery",
            unit=Unit.PERCENT,
            name=Text("Battery", "电池电量"),
            low=0,
            high=100,
            note=Text("of wireless and solar pairs", "无线或太阳能对射"),
        ),
    ),
    faults=(
        Fault(
            slug="misaligned",
            name=Text("Misaligned", "对射失准"),
            note=Text("also judged: aligned is false", "亦可判定：未对准"),
            judged=(Condition(reads=("aligned",), holds=lambda aligned: not aligned),),
        ),
        Fault(slug="tamper", name=Text("Housing opened", "设备被拆动")),
        Fault(
            slug="signal_low",
            name=Text("Signal weak", "信号弱"),
            severity="degraded",
            note=Text(f"judged: signal < {SIGNAL_LOW} %", f"判定条件：信号强度 < {SIGNAL_LOW} %"),
            judged=(Condition(reads=("signal",), holds=lambda signal: signal < SIGNAL_LOW),),
        ),
        Fault(
            slug="battery_low",
            name=Text("Battery low", "电池电量低"),
            severity="degraded",
            note=Text(f"judged: battery < {BATTERY_LOW} %", f"判定条件：电池电量 < {BATTERY_LOW} %"),
            judged=(Condition(reads=("battery",), holds=lambda battery: battery < BATTERY_LOW),),
        ),
    ),
    events=(
        EventType(slug="intrusion", name=Text("Beam interrupted", "周界入侵"), security=True),
        EventType(slug="restored", name=Text("Beam restored", "对射恢复")),
        EventType(slug="armed", name=Text("Armed", "布防")),
        EventType(slug="disarmed", name=Text("Disarmed", "撤防")),
    ),
    samples=(
        Sample(measures={"aligned": True, "signal": 87, "armed": True, "battery": 93}),
        Sample(measures={"aligned": True, "signal": 64.5}),
        Sample(measures={}),
        Sample(measures={"aligned": True, "signal": 22}, status="degraded"),
        Sample(measures={"aligned": True, "signal": 80, "battery": 11}, status="degraded"),
        Sample(measures={"aligned": False, "signal": 4}, status="fault"),
        Sample(measures={"aligned": True, "signal": 80}, faults=("tamper",), status="fault"),
    ),
)
