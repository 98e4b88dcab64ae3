"""Access control: a controlled door with its lock, reader and intercom."""

from datetime import timedelta

from core.i18n import Text
from ingest.model import Condition, DeviceKind, EventType, Fault, Measure, Sample, Unit

BATTERY_LOW = 20  # %


KIND = DeviceKind(
    slug="access_control",
    name=Text("Access control", "门禁"),
    icon="door",
    silent_after=timedelta(minutes=2),
    measures=(
        Measure(slug="door_open", unit=Unit.BOOL, name=Text("Door open", "门开启")),
        Measure(
            slug="locked",
            unit=Unit.BOOL,
            name=Text("Locked", "已上锁"),
            note=Text("the state of the lock, not the command given to it", "锁的实际状态，而非下发的指令"),
        ),
        Measure(
            slug="held_open",
            unit=Unit.SECOND,
            name=Text("Open for", "已敞开时长"),
            low=0,
            high=2_592_000,
            note=Text("0 while the door is closed", "门关闭时为 0"),
        ),
        Measure(
            slug="battery",
            unit=Unit.PERCENT,
            name=Text("Battery", "电池电量"),
            low=0,
            high=100,
            note=Text("of a wireless lock, or the backup battery of a wired door", "无线锁电池，或有线门禁的后备电池"),
        ),
    ),
    faults=(
        Fault(slug="tamper", name=Text("Housing opened", "设备被拆动")),
        Fault(slug="reader_fault", name=Text("Reader failed", "读卡器故障")),
        Fault(slug="lock_fault", name=Text("Lock failed", "电锁故障")),
        Fault(
            slug="power_loss",
            name=Text("Mains power lost, running on battery", "市电断电，电池供电"),
            severity="degraded",
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
        EventType(slug="granted", name=Text("Access granted", "准许通行")),
        EventType(slug="denied", name=Text("Access denied", "拒绝通行")),
        EventType(slug="presented", name=Text("Card, code or face presented, no verdict", "出示凭证（设备未判定）")),
        EventType(slug="stranger_seen", name=Text("Stranger seen", "陌生人出现")),
        EventType(slug="forced", name=Text("Door forced open", "强行开门"), security=True),
        EventType(slug="held", name=Text("Door held open too long", "门超时未关"), security=True),
        EventType(slug="duress", name=Text("Opened under duress", "胁迫开门"), security=True),
        EventType(slug="exit_button", name=Text("Opened by the exit button", "出门按钮开门")),
        EventType(slug="opened_remotely", name=Text("Opened remotely", "远程开门")),
        EventType(slug="called", name=Text("Intercom call", "对讲呼叫")),
    ),
    samples=(
        Sample(measures={"door_open": False, "locked": True, "held_open": 0, "battery": 96}),
        Sample(measures={"door_open": True, "locked": False, "held_open": 12.5}),
        Sample(measures={}),
        Sample(measures={"door_open": False, "locked": True, "battery": 14}, status="degraded"),
        Sample(measures={"door_open": False, "locked": True, "battery": 71}, faults=("power_loss",), status="degraded"),
        Sample(measures={"door_open": False, "locked": False}, faults=("lock_fault",), status="fault"),
        Sample(measures={"battery": 12}, faults=("tamper", "reader_fault"), status="fault"),
    ),
)
