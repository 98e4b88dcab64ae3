"""Regular work on what has electronics: gates, doors, cameras, drainage, beams, and what feeds and connects them."""

from collections.abc import Mapping

from assets.models import Category
from core.i18n import Text
from simulators.upkeep.work import Chore

_GREASE, _WELLS, _SUMP, _PONDING = ("grease-trap",), ("storm-drain", "sewage"), ("sump",), ("ponding",)

_GATE = (
    Chore(
        "maintenance", 91, "engineer",
        Text(en="Quarterly service: cleaned, drive greased, bolts tightened", zh="季度保养：清洁、润滑传动机构、紧固螺栓"),
        Text(en="Arm opens in {n} s, auto-reverse works", zh="起杆时间 {n} 秒，防砸功能正常"),
        measured=(1.8, 3.2, 1),
    ),
    Chore(
        "inspection", 122, "leader",
        Text(en="Loop, auto-reverse and remote control checked", zh="检查地感、防砸和遥控功能"),
    ),
    Chore(
        "operation", 182, "guard",
        Text(en="Drill: arm raised by hand without power", zh="断电手动起杆演练"),
        Text(en="Lane clear after {n} s", zh="{n} 秒内放行车道"),
        measured=(15, 40, 0),
    ),
)  # fmt: skip

_ACCESS = (
    Chore(
        "maintenance", 182, "engineer",
        Text(en="Reader and face camera cleaned, door closer adjusted", zh="清洁读卡器和人脸镜头，调整闭门器"),
    ),
    Chore(
        "inspection", 91, "engineer",
        Text(en="Lock, exit button and backup battery checked", zh="检查门锁、出门按钮和备用电源"),
        Text(en="Backup battery at {n} V", zh="备用电源电压 {n} V"),
        measured=(12.4, 13.4, 1),
    ),
    Chore(
        "operation", 182, "engineer",
        Text(en="Cards and faces of people who moved out removed", zh="清理搬离人员的门禁卡和人脸授权"),
        Text(en="{n} removed", zh="注销 {n} 个"),
        measured=(3, 28, 0),
    ),
)  # fmt: skip

_CCTV = (
    Chore(
        "maintenance", 91, "systems_firm",
        Text(en="Lens wiped, cobwebs removed, view aligned", zh="擦拭镜头，清理蛛网，校正画面角度"),
    ),
    Chore(
        "inspection", 122, "leader",
        Text(en="Recordings and camera clock spot-checked", zh="抽查录像完整性和时钟"),
        Text(en="Recordings go back {n} days", zh="录像可回放 {n} 天"),
        measured=(30, 36, 0),
    ),
    Chore(
        "operation", 240, "leader",
        Text(en="Footage retrieved on request, entered in the book", zh="配合调取录像，已登记"),
    ),
)  # fmt: skip

_DRAINAGE = (
    Chore(
        "maintenance", 30, "drain_firm",
        Text(en="Grease trap emptied, grease and sludge taken away", zh="隔油池清掏，油脂沉渣外运"),
        Text(en="About {n} kg removed, transfer slip filed", zh="清出约 {n} 公斤，转运联单已存档"),
        measured=(80, 240, 0), cost=(480, 760), on=_GREASE,
    ),
    Chore(
        "operation", 122, "engineer",
        Text(en="Grease sensor compared with the dipstick", zh="人工量油层，与传感器比对"),
        Text(en="{n} mm apart", zh="偏差 {n} 毫米"),
        measured=(1, 6, 0), on=_GREASE,
    ),
    Chore(
        "maintenance", 122, "drain_firm",
        Text(en="Silt removed, inlets flushed", zh="清淤疏通，冲洗管口"),
        cost=(260, 480), on=_WELLS,
    ),
    Chore("operation", 122, "engineer", Text(en="Level watched until it had fallen", zh="观察水位回落情况，排水正常"), on=_WELLS),
    Chore(
        "maintenance", 91, "engineer",
        Text(en="Pump lifted and cleaned, float switch freed", zh="起吊清洗潜水泵，清理浮球开关"),
        on=_SUMP,
    ),
    Chore(
        "operation", 61, "engineer",
        Text(en="Pump started by hand and by float", zh="手动、浮球自动启泵试验"),
        Text(en="Running current {n} A", zh="运行电流 {n} A"),
        measured=(4.2, 5.6, 1), on=_SUMP,
    ),
    Chore(
        "maintenance", 91, "engineer",
        Text(en="Probe cleaned, gullies around it cleared", zh="清洁探头，清掏周边雨水口"),
        on=_PONDING,
    ),
    Chore(
        "operation", 182, "engineer",
        Text(en="Water poured on the probe: reported in time", zh="注水试验，积水上报及时"),
        on=_PONDING,
    ),
    Chore("inspection", 122, "engineer", Text(en="Cover, walls and safety net checked", zh="检查盖板、井壁和防坠网")),
)  # fmt: skip

_PERIMETER = (
    Chore(
        "maintenance", 91, "engineer",
        Text(en="Lenses cleaned, plants in the beam cut back", zh="清洁镜面，修剪遮挡的绿植"),
    ),
    Chore(
        "inspection", 122, "engineer",
        Text(en="Brackets, seals and alignment checked", zh="检查支架、密封和对准情况"),
        Text(en="Signal at {n} %", zh="信号强度 {n}%"),
        measured=(82, 98, 0),
    ),
    Chore(
        "operation", 61, "guard",
        Text(en="Beam broken on purpose: the control room was alerted", zh="遮挡试验，监控中心报警正常"),
    ),
)  # fmt: skip

_POWER = (
    Chore(
        "maintenance", 365, "power_firm",
        Text(en="Preventive test of the cabinet, with the power off", zh="低压柜停电预防性试验"),
        cost=(1800, 2600), on=("box-main",),
    ),
    Chore("maintenance", 182, "engineer", Text(en="Dust removed, terminals tightened", zh="除尘，紧固接线端子")),
    Chore(
        "inspection", 91, "engineer",
        Text(en="Infrared check: no hot spot", zh="红外测温，无过热点"),
        Text(en="Warmest terminal {n} °C", zh="端子最高温度 {n} ℃"),
        measured=(31, 52, 0),
    ),
    Chore(
        "operation", 182, "engineer",
        Text(en="Load read at the evening peak", zh="晚高峰抄录负荷"),
        Text(en="Highest phase current {n} A", zh="最大相电流 {n} A"),
        measured=(18, 76, 0),
    ),
)  # fmt: skip

_NETWORK = (
    Chore("maintenance", 182, "engineer", Text(en="Dust removed, cables tidied, earthing checked", zh="除尘，整理线缆，检查接地")),
    Chore(
        "inspection", 122, "engineer",
        Text(en="Ports, power supply and temperature checked", zh="检查端口、供电和温度"),
        Text(en="Case at {n} °C", zh="机壳温度 {n} ℃"),
        measured=(32, 48, 0),
    ),
    Chore(
        "operation", 240, "systems_firm",
        Text(en="Firmware updated, configuration backed up", zh="升级固件，备份配置"),
    ),
)  # fmt: skip

CHORES: Mapping[Category, tuple[Chore, ...]] = {
    "gate": _GATE,
    "access": _ACCESS,
    "cctv": _CCTV,
    "drainage": _DRAINAGE,
    "perimeter": _PERIMETER,
    "power": _POWER,
    "network": _NETWORK,
}
