"""Gate barrier: the arm at a vehicle entrance, its motor and the loop under the road."""

from datetime import timedelta

from core.i18n import Text
from ingest.model import Condition, DeviceKind, EventType, Fault, Measure, Sample, Unit

MOTOR_HOT = 95  # °C; thermal switches of barrier motors open between 110 and 130


KIND = DeviceKind(
    slug="gate_barrier",
    name=Text("Gate barrier", "道闸"),
    icon="barrier",
    silent_after=timedelta(seconds=90),
    measures=(
        Measure(
            slug="position",
            unit=Unit.CHOICE,
            name=Text("Arm position", "闸杆位置"),
            choices={
                "open": Text("open", "开启"),
                "closed": Text("closed", "关闭"),
                "moving": Text("moving", "运行中"),
                "blocked": Text("blocked", "受阻"),
            },
            note=Text("blocked: stopped by an obstacle before its end position", "受阻：未到位即被障碍物挡停"),
        ),
        Measure(
            slug="cycles",
            unit=Unit.COUNT,
            name=Text("Cycles", "累计起落次数"),
            low=0,
            high=100_000_000,
            note=Text("opened and closed once is one; counted since installation", "一起一落计一次，自安装起累计"),
        ),
        Measure(
            slug="move_time",
            unit=Unit.SECOND,
            name=Text("Duration of the last movement", "最近一次运行时长"),
            low=0,
            high=120,
            note=Text("a slow rise over weeks tells of worn springs or gears", "数周内逐渐变长，说明弹簧或减速机磨损"),
        ),
        Measure(slug="motor_temp", unit=Unit.CELSIUS, name=Text("Motor temperature", "电机温度"), low=-40, high=200),
        Measure(slug="motor_current", unit=Unit.AMPERE, name=Text("Motor current", "电机电流"), low=0, high=100),
        Measure(
            slug="loop_occupied",
            unit=Unit.BOOL,
            name=Text("Vehicle on the loop", "地感有车"),
            note=Text("also from a radar or light barrier in its place", "防砸雷达或红外代替地感时亦然"),
        ),
    ),
    faults=(
        Fault(slug="motor_stall", name=Text("Motor stalled", "电机堵转")),
        Fault(slug="loop_fault", name=Text("Loop detector failed", "地感故障")),
        Fault(slug="arm_hit", name=Text("Arm hit or torn off", "闸杆被撞或脱落")),
        Fault(slug="power_loss", name=Text("Mains power lost", "市电断电")),
        Fault(
            slug="obstructed",
            name=Text("Arm obstructed", "闸杆受阻"),
            severity="degraded",
            note=Text("judged: position is blocked", "判定条件：闸杆位置为受阻"),
            judged=(Condition(reads=("position",), holds=lambda position: position == "blocked"),),
        ),
        Fault(slug="vehicle_stuck", name=Text("Vehicle stuck under the arm", "车辆滞留"), severity="degraded"),
        Fault(
            slug="motor_hot",
            name=Text("Motor overheating", "电机过热"),
            severity="degraded",
            note=Text(f"judged: motor_temp ≥ {MOTOR_HOT} °C", f"判定条件：电机温度 ≥ {MOTOR_HOT} °C"),
            judged=(Condition(reads=("motor_temp",), holds=lambda temp: temp >= MOTOR_HOT),),
        ),
    ),
    events=(
        EventType(slug="plate_read", name=Text("Number plate read", "识别到车牌")),
        EventType(slug="vehicle_passed", name=Text("Vehicle passed", "车辆通行")),
        EventType(slug="vehicle_turned_back", name=Text("Vehicle turned back", "车辆折返")),
        EventType(slug="vehicle_stuck", name=Text("Vehicle stuck under the arm", "车辆滞留")),
        EventType(slug="tailgating", name=Text("Vehicle followed another through", "跟车闯闸"), security=True),
        EventType(slug="opened_by_hand", name=Text("Opened by hand", "手动抬杆"), security=True),
    ),
    samples=(
        Sample(
            measures={
                "position": "closed",
                "cycles": 184_220,
                "move_time": 2.9,
                "motor_temp": 41.5,
                "motor_current": 0.2,
                "loop_occupied": False,
            }
        ),
        Sample(measures={"position": "moving", "motor_temp": 44, "motor_current": 3.1, "loop_occupied": True}),
        Sample(measures={}),
        Sample(measures={"position": "blocked", "loop_occupied": True}, status="degraded"),
        Sample(measures={"position": "open", "motor_temp": 97.0}, status="degraded"),
        Sample(
            measures={"position": "blocked", "motor_temp": 88.0, "motor_current": 9.8},
            faults=("motor_stall",),
            status="fault",
        ),
        Sample(measures={}, faults=("power_loss",), status="fault"),
        Sample(measures={"loop_occupied": True}, faults=("vehicle_stuck",), status="degraded"),
    ),
)
