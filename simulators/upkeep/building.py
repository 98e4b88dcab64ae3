"""Regular work on buildings, grounds and machines: what is inspected with the eye notes its condition."""

from collections.abc import Mapping

from assets.models import Category
from core.i18n import Text
from simulators.upkeep.work import Chore, Remarks

_PUMP, _PANEL, _HYDRANTS = ("fire-pump",), ("fire-alarm-host",), ("hydrants",)

_LIFT = (
    Chore(
        "maintenance", 15, "lift_firm",
        Text(en="Half-monthly service", zh="半月维保"),
        Text(en="Brake, locks, emergency light checked; levels within {n} mm", zh="检查制动器、门锁、应急照明，平层误差 {n} 毫米"),
        measured=(2, 8, 0),
    ),
    Chore("inspection", 365, "lift_inspector", Text(en="Yearly statutory inspection passed", zh="年度定期检验合格")),
    Chore(
        "operation", 122, "leader",
        Text(en="Drill: intercom answered, trapped passenger freed", zh="五方对讲与困人救援演练"),
        Text(en="Freed after {n} min", zh="{n} 分钟完成解救"),
        measured=(8, 19, 0),
    ),
)  # fmt: skip

_FIRE = (
    Chore(
        "operation", 30, "engineer",
        Text(en="Monthly test run, 10 minutes", zh="月度启泵试运行 10 分钟"),
        Text(en="Outlet pressure {n} MPa", zh="出口压力 {n} MPa"),
        measured=(0.78, 0.92, 2), on=_PUMP,
    ),
    Chore(
        "operation", 61, "leader",
        Text(en="Self-test, mute and reset of the panel", zh="主机自检、消音、复位试验"),
        on=_PANEL,
    ),
    Chore(
        "operation", 182, "engineer",
        Text(en="Water drawn from the highest outlet", zh="最不利点放水试验"),
        Text(en="Pressure {n} MPa", zh="压力 {n} MPa"),
        measured=(0.36, 0.48, 2), on=_HYDRANTS,
    ),
    Chore(
        "maintenance", 91, "fire_firm",
        Text(en="Quarterly service by the maintenance contract", zh="消防维保单位季度保养"),
        on=(*_PUMP, *_PANEL),
    ),
    Chore(
        "maintenance", 182, "engineer",
        Text(en="Valve stems oiled, worn gaskets replaced", zh="阀杆注油，更换老化密封圈"),
        on=_HYDRANTS,
    ),
    Chore(
        "inspection", 61, "guard",
        Text(en="Boxes opened: hoses, nozzles and seals complete", zh="开箱检查：水带、水枪、铅封齐全"),
        on=_HYDRANTS,
    ),
    Chore(
        "inspection", 182, "fire_firm",
        Text(en="Linked operation tested, report filed", zh="消防联动测试，报告已存档"),
        on=(*_PUMP, *_PANEL),
    ),
)  # fmt: skip

_LIGHTING = (
    Chore(
        "inspection", 61, "guard",
        Text(en="Lamps counted on the night round", zh="夜间巡查亮灯情况"),
        Text(en="{n} % alight", zh="亮灯率 {n}%"),
        measured=(96, 100, 0),
    ),
    Chore("maintenance", 182, "engineer", Text(en="Covers cleaned, fixings tightened", zh="清洁灯罩，紧固支架")),
    Chore("operation", 91, "engineer", Text(en="Timer set to the season's dusk", zh="按季节调整时控开关")),
)  # fmt: skip

_FENCE = (
    Chore(
        "inspection", 182, "leader", Text(en="Half-yearly walk along the whole length", zh="半年全线检查"),
        remarks=Remarks(
            Text(en="Firm, nothing missing", zh="墙体栏杆稳固，无缺损"),
            Text(en="Some rust, some mortar gone; climbing guard complete", zh="局部锈蚀、勾缝脱落，防攀设施完好"),
            Text(en="Loose in several places, parts of the climbing guard missing", zh="多处松动，部分防攀设施缺损"),
        ),
    ),
    Chore(
        "maintenance", 365, "builder",
        Text(en="Rust removed, paint and joints made good", zh="除锈补漆，修补勾缝"),
        cost=(900, 2400),
    ),
    Chore("operation", 182, "guard", Text(en="Walked after a storm: nothing leaning or fallen", zh="大风后巡视，无倾斜倒伏")),
)  # fmt: skip

_ROOF = (
    Chore(
        "inspection", 182, "engineer", Text(en="Half-yearly roof inspection", zh="屋面半年检查"),
        remarks=Remarks(
            Text(en="Membrane sound, outlets clear", zh="防水层完好，落水口畅通"),
            Text(en="Blisters in places, no leak; to be watched", zh="局部起鼓，暂无渗漏，列入观察"),
            Text(en="Membrane cracked with age; apply to the maintenance fund", zh="防水层老化开裂，建议申请维修资金翻修"),
        ),
    ),
    Chore("maintenance", 182, "engineer", Text(en="Roof cleared, outlets rodded", zh="清理屋面杂物，疏通落水口")),
    Chore("operation", 182, "engineer", Text(en="Outlets watched during rain", zh="雨中查看落水口排水情况")),
)  # fmt: skip

_ROAD = (
    Chore(
        "inspection", 182, "engineer", Text(en="Half-yearly survey of the surface", zh="路面半年检查"),
        remarks=Remarks(
            Text(en="Even, markings legible", zh="路面平整，标线清晰"),
            Text(en="Crazed in places, markings worn", zh="局部龟裂，标线磨损"),
            Text(en="Potholes and hollows, water stands after rain", zh="多处坑槽沉陷，雨后积水"),
        ),
    ),
    Chore("maintenance", 365, "builder", Text(en="Markings and speed bumps renewed", zh="补划标线，更换减速带"), cost=(800, 1600)),
    Chore("operation", 122, "leader", Text(en="Fire lane cleared of parked cars", zh="清理占用消防通道车辆")),
)  # fmt: skip

_PIPE = (
    Chore(
        "inspection", 182, "drain_firm", Text(en="Camera run through the pipe", zh="管道内窥检查"),
        remarks=Remarks(
            Text(en="Wall sound, fall correct", zh="管壁完好，坡度正常"),
            Text(en="Silted to about 15 % in places", zh="局部淤积约 15%"),
            Text(en="Joint displaced, seeping", zh="接口错位，有渗漏"),
        ),
    ),
    Chore("maintenance", 182, "drain_firm", Text(en="Flushed at high pressure", zh="高压冲洗疏通"), cost=(600, 1100)),
    Chore("operation", 122, "engineer", Text(en="Manholes opened: free flow", zh="开井查看，水流顺畅")),
)  # fmt: skip

_STRUCTURE = (
    Chore(
        "inspection", 122, "engineer", Text(en="Joints, surface and footing inspected", zh="检查连接件、表面和基础"),
        remarks=Remarks(
            Text(en="Joints firm, surface whole", zh="连接牢固，表面无破损"),
            Text(en="Paint peeling, loose bolts tightened", zh="油漆脱落，松动螺栓已紧固"),
            Text(en="Members corroded or rotten, warning signs put up", zh="构件锈蚀腐朽，已设警示标识"),
        ),
    ),
    Chore("maintenance", 182, "engineer", Text(en="Cleaned, repainted where worn", zh="清洁，磨损处补漆")),
    Chore("operation", 182, "guard", Text(en="Notices in place, in normal use", zh="告示完好，使用正常")),
)  # fmt: skip

_OTHER = (
    Chore(
        "operation", 61, "engineer",
        Text(en="Duty and standby pump changed over", zh="主备泵切换运行"),
        Text(en="Outlet pressure {n} MPa", zh="出口压力 {n} MPa"),
        measured=(0.42, 0.55, 2),
    ),
    Chore("maintenance", 91, "engineer", Text(en="Bearings greased, coupling aligned", zh="轴承加注润滑脂，校正联轴器")),
    Chore(
        "inspection", 182, "power_firm",
        Text(en="Insulation of the motor measured", zh="测量电机绝缘电阻"),
        Text(en="Measured {n} MΩ", zh="实测 {n} MΩ"),
        measured=(20, 200, 0),
    ),
)  # fmt: skip

CHORES: Mapping[Category, tuple[Chore, ...]] = {
    "lift": _LIFT,
    "fire": _FIRE,
    "lighting": _LIGHTING,
    "fence": _FENCE,
    "roof": _ROOF,
    "road": _ROAD,
    "pipe": _PIPE,
    "structure": _STRUCTURE,
    "other": _OTHER,
}
