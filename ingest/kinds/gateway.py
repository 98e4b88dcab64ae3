"""Gateway: what other devices speak through. A LoRaWAN gateway, a Zigbee bridge, a video recorder or its server."""

from datetime import timedelta

from core.i18n import Text
from ingest.model import Condition, DeviceKind, EventType, Fault, Measure, Sample, Unit

DISK_FULL = 98  # %
TOO_HOT = 85  # °C: where small computers slow down or stop


KIND = DeviceKind(
    slug="gateway",
    name=Text("Gateway or recorder", "网关与主机"),
    icon="antenna",
    silent_after=timedelta(minutes=5),
    measures=(
        Measure(slug="uptime", unit=Unit.SECOND, name=Text("Running for", "运行时长"), low=0, high=3e9),
        Measure(slug="cpu_temp", unit=Unit.CELSIUS, name=Text("Processor temperature", "处理器温度"), low=-40, high=150),
        Measure(slug="disk_used", unit=Unit.PERCENT, name=Text("Disk used", "硬盘已用"), low=0, high=100),
    ),
    faults=(
        Fault(slug="no_uplink", name=Text("No uplink", "上行链路中断")),
        Fault(slug="storage_fault", name=Text("Disk failed", "硬盘故障"), severity="degraded"),
        Fault(
            slug="disk_full",
            name=Text("Disk full", "硬盘满"),
            severity="degraded",
            note=Text(f"judged: disk_used ≥ {DISK_FULL} %", f"判定条件：硬盘已用 ≥ {DISK_FULL} %"),
            judged=(Condition(reads=("disk_used",), holds=lambda used: used >= DISK_FULL),),
        ),
        Fault(
            slug="too_hot",
            name=Text("Too hot", "过热"),
            severity="degraded",
            note=Text(f"judged: cpu_temp ≥ {TOO_HOT} °C", f"判定条件：处理器温度 ≥ {TOO_HOT} °C"),
            judged=(Condition(reads=("cpu_temp",), holds=lambda temperature: temperature >= TOO_HOT),),
        ),
    ),
    events=(EventType(slug="restarted", name=Text("Restarted", "重新启动")),),
    samples=(
        Sample(measures={"uptime": 86_400, "cpu_temp": 51.5, "disk_used": 40}),
        Sample(measures={}),
        Sample(measures={"uptime": 12, "disk_used": 99.1}, status="degraded"),
        Sample(measures={"cpu_temp": 91}, status="degraded"),
        Sample(measures={"uptime": 90_000}, faults=("no_uplink",), status="fault"),
    ),
)
