"""Drainage: level and flow in a manhole, sump, grease trap or on a road, and the pump that empties it."""

from datetime import timedelta

from core.i18n import Text
from ingest.model import Condition, DeviceKind, EventType, Fault, Measure, Sample, Unit

OVERFLOW = 100  # % of the permitted level
HIGH_LEVEL = 80  # %
GREASE_SHARE = 0.25  # of the depth: beyond it a trap lets grease through into the sewer
BATTERY_LOW = 15  # %


KIND = DeviceKind(
    slug="drainage",
    name=Text("Drainage sensor", "排水监测"),
    icon="droplet",
    silent_after=timedelta(minutes=30),  # battery sensors send every ten minutes or so
    measures=(
        Measure(
            slug="level",
            unit=Unit.PERCENT,
            name=Text("Level", "液位"),
            low=0,
            high=200,
            note=Text(
                "share of the highest permitted level; above 100 the water stands over it",
                "占最高允许液位的百分比；超过 100 表示已漫过",
            ),
        ),
        Measure(
            slug="depth",
            unit=Unit.MILLIMETRE,
            name=Text("Water depth", "水深"),
            low=0,
            high=30_000,
            note=Text(
                "from the bottom up to the surface, not the distance from the sensor down to it",
                "自底部至水面，而非探头至水面的距离",
            ),
        ),
        Measure(slug="grease", unit=Unit.MILLIMETRE, name=Text("Grease layer", "油脂层厚度"), low=0, high=5000),
        Measure(
            slug="flow",
            unit=Unit.LITRE_PER_SECOND,
            name=Text("Flow", "流量"),
            low=-5000,
            high=5000,
            note=Text("negative when the sewer flows back", "负值表示倒灌"),
        ),
        Measure(slug="pump_on", unit=Unit.BOOL, name=Text("Pump running", "水泵运行")),
        Measure(
            slug="water_present",
            unit=Unit.BOOL,
            name=Text("Water found", "检测到水"),
            note=Text("of a leak detector, where there should be none", "漏水检测：该处本不应有水"),
        ),
        Measure(slug="cover_open", unit=Unit.BOOL, name=Text("Cover open", "井盖开启")),
        Measure(slug="battery", unit=Unit.PERCENT, name=Text("Battery", "电池电量"), low=0, high=100),
        Measure(slug="battery_voltage", unit=Unit.VOLT, name=Text("Battery voltage", "电池电压"), low=0, high=60),
    ),
    faults=(
        Fault(slug="sensor_fault", name=Text("Sensor failed", "传感器故障")),
        Fault(slug="pump_fault", name=Text("Pump failed", "水泵故障")),
        Fault(
            slug="overflow",
            name=Text("Overflow", "溢流"),
            note=Text(f"also judged: level ≥ {OVERFLOW} %", f"亦可判定：液位 ≥ {OVERFLOW} %"),
            judged=(Condition(reads=("level",), holds=lambda level: level >= OVERFLOW),),
        ),
        Fault(
            slug="high_level",
            name=Text("Level high", "高液位"),
            severity="degraded",
            note=Text(
                f"judged: level from {HIGH_LEVEL} % to below {OVERFLOW} %", f"判定条件：{HIGH_LEVEL} % ≤ 液位 < {OVERFLOW} %"
            ),
            judged=(Condition(reads=("level",), holds=lambda level: HIGH_LEVEL <= level < OVERFLOW),),
        ),
        Fault(
            slug="water_found",
            name=Text("Water where none should be", "漏水"),
            note=Text("judged: water_present", "判定条件：检测到水"),
            judged=(Condition(reads=("water_present",), holds=bool),),
        ),
        Fault(
            slug="cover_open",
            name=Text("Cover open", "井盖未盖"),
            note=Text("also judged: cover_open", "亦可判定：井盖开启"),
            judged=(Condition(reads=("cover_open",), holds=bool),),
        ),
        Fault(slug="sensor_moved", name=Text("Sensor tilted or moved", "传感器倾斜或移位"), severity="degraded"),
        Fault(
            slug="grease_high",
            name=Text("Grease trap to be emptied", "隔油池待清掏"),
            severity="degraded",
            note=Text(
                f"judged: grease ≥ {GREASE_SHARE * 100:.0f} % of depth", f"判定条件：油脂层厚度 ≥ 水深的 {GREASE_SHARE * 100:.0f} %"
            ),
            judged=(
                Condition(reads=("grease", "depth"), holds=lambda grease, depth: depth > 0 and grease >= GREASE_SHARE * depth),
            ),
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
        EventType(slug="pump_started", name=Text("Pump started", "水泵启动")),
        EventType(slug="pump_stopped", name=Text("Pump stopped", "水泵停止")),
        EventType(slug="cover_moved", name=Text("Manhole cover moved", "井盖移位"), security=True),
    ),
    samples=(
        Sample(measures={"level": 34.5, "depth": 620, "grease": 45, "flow": 1.8, "pump_on": False, "battery": 88}),
        Sample(measures={"level": 62, "depth": 930, "flow": 14.2, "pump_on": True}),
        Sample(measures={}),
        Sample(measures={"level": 86.0, "depth": 1290, "pump_on": True}, status="degraded"),
        Sample(measures={"level": 55, "depth": 800, "grease": 210}, status="degraded"),
        Sample(measures={"level": 12, "battery": 9}, status="degraded"),
        Sample(measures={"level": 104.2, "depth": 1563, "flow": -0.6, "pump_on": True}, status="fault"),
        Sample(measures={"level": 71, "pump_on": False}, faults=("pump_fault",), status="fault"),
        Sample(measures={"water_present": False, "battery": 96}),
        Sample(measures={"water_present": True, "battery": 95}, status="fault"),
        Sample(measures={"cover_open": True, "battery_voltage": 3.1}, status="fault"),
        Sample(measures={"depth": 410, "battery_voltage": 3.3}, faults=("sensor_moved",), status="degraded"),
        Sample(measures={"battery": 64}, faults=("sensor_fault",), status="fault"),
    ),
)
