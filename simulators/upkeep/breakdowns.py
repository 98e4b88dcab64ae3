"""What breaks, by category of asset, and what the repair costs."""

from collections.abc import Mapping

from assets.models import Category
from core.i18n import Text
from simulators.upkeep.work import Breakdown

BREAKDOWNS: Mapping[Category, tuple[Breakdown, ...]] = {
    "gate": (
        Breakdown(Text(en="Arm jerks when opening", zh="起杆卡顿"),
                  Text(en="Replaced barrier spring", zh="更换道闸弹簧"), "engineer", (260, 420)),
        Breakdown(Text(en="Arm hit by a car and bent", zh="车辆撞杆，杆体变形"),
                  Text(en="Replaced barrier arm", zh="更换道闸杆"), "systems_firm", (480, 880)),
        Breakdown(Text(en="Loop does not trigger, cars let in by hand", zh="地感不触发，人工放行"),
                  Text(en="Relaid loop", zh="重新敷设地感线圈"), "systems_firm", (600, 950)),
    ),
    "access": (
        Breakdown(Text(en="Faces rarely recognised after dark", zh="夜间人脸识别率低"),
                  Text(en="Replaced fill light", zh="更换补光灯板"), "engineer", (120, 260)),
        Breakdown(Text(en="Lock does not hold", zh="门锁吸合不牢"),
                  Text(en="Replaced magnetic lock", zh="更换磁力锁"), "engineer", (180, 320)),
        Breakdown(Text(en="Door slams, closer leaks oil", zh="闭门器漏油，关门撞击"),
                  Text(en="Replaced door closer", zh="更换闭门器"), "engineer", (150, 260)),
    ),
    "cctv": (
        Breakdown(Text(en="Picture dark at night", zh="夜间画面发黑"),
                  Text(en="Replaced infrared board", zh="更换红外灯板"), "systems_firm", (150, 320)),
        Breakdown(Text(en="Picture lost", zh="画面丢失"),
                  Text(en="Fitted new plug and power supply", zh="重做水晶头，更换电源适配器"), "engineer", (35, 90)),
        Breakdown(Text(en="Recording has gaps", zh="录像断续"),
                  Text(en="Replaced recorder disk", zh="更换录像硬盘"), "systems_firm", (420, 780)),
    ),
    "drainage": (
        Breakdown(Text(en="Grease overflows, residents complain of the smell", zh="油脂外溢，业主投诉异味"),
                  Text(en="Emptied at once, replaced cover seal", zh="应急清掏，更换盖板密封条"), "drain_firm", (380, 680),
                  on=("grease-trap",)),
        Breakdown(Text(en="Cover broken, rattles under cars", zh="井盖破损，车辆碾压异响"),
                  Text(en="Replaced cover", zh="更换井盖"), "builder", (280, 450), on=("storm-drain", "sewage")),
        Breakdown(Text(en="Pump does not start by itself", zh="水泵不能自动启动"),
                  Text(en="Replaced float switch", zh="更换浮球开关"), "engineer", (90, 180), on=("sump",)),
        Breakdown(Text(en="Level stays the same in rain", zh="雨天液位数据不变"),
                  Text(en="Cleaned and calibrated probe", zh="清理探头，重新标定"), "engineer",
                  on=("ponding", "storm-drain", "sewage")),
        Breakdown(Text(en="Sensor battery low", zh="传感器电池电量低"),
                  Text(en="Replaced sensor battery", zh="更换传感器电池"), "engineer", (60, 110)),
    ),
    "perimeter": (
        Breakdown(Text(en="Frequent false alarms", zh="频繁误报"),
                  Text(en="Realigned beam", zh="重新校准光轴"), "engineer"),
        Breakdown(Text(en="Water in the housing", zh="对射主机进水"),
                  Text(en="Replaced transmitter", zh="更换对射主机"), "systems_firm", (380, 620)),
    ),
    "power": (
        Breakdown(Text(en="Breaker trips", zh="断路器跳闸"),
                  Text(en="Replaced breaker", zh="更换断路器"), "engineer", (120, 380)),
        Breakdown(Text(en="Terminal hot, cover discoloured", zh="端子发热，护盖变色"),
                  Text(en="Recrimped terminal, balanced the phases", zh="重新压接端子，调整三相负荷"), "power_firm", (260, 480)),
    ),
    "network": (
        Breakdown(Text(en="Port goes down again and again", zh="端口反复掉线"),
                  Text(en="Replaced optical module", zh="更换光模块"), "engineer", (110, 260), on=("switch",)),
        Breakdown(Text(en="Backup power alarm", zh="UPS 报警"),
                  Text(en="Replaced UPS battery", zh="更换 UPS 电池"), "systems_firm", (260, 520), on=("switch",)),
        Breakdown(Text(en="Gateway restarts by itself", zh="网关自行重启"),
                  Text(en="Replaced PoE injector", zh="更换 PoE 供电模块"), "engineer", (90, 180), on=("gateway",)),
    ),
    "lift": (
        Breakdown(Text(en="Passenger trapped, freed within 20 minutes", zh="困人，20 分钟内解救"),
                  Text(en="Replaced door lock contact, adjusted door drive", zh="更换门锁触点，调整门机"), "lift_firm", (260, 580)),
        Breakdown(Text(en="Car shakes and grinds", zh="运行抖动、有异响"),
                  Text(en="Replaced guide shoe linings", zh="更换导靴靴衬"), "lift_firm", (680, 1200)),
        Breakdown(Text(en="Car light out", zh="轿厢照明不亮"),
                  Text(en="Replaced car light", zh="更换轿厢灯具"), "lift_firm", (60, 120)),
    ),
    "fire": (
        Breakdown(Text(en="Shaft seal drips", zh="轴封滴水"),
                  Text(en="Replaced mechanical seal", zh="更换机械密封"), "fire_firm", (380, 680), on=("fire-pump",)),
        Breakdown(Text(en="Panel reports its backup battery", zh="主机报备电故障"),
                  Text(en="Replaced backup batteries", zh="更换备用蓄电池"), "fire_firm", (320, 560), on=("fire-alarm-host",)),
        Breakdown(Text(en="Hydrant seeps, one hose missing", zh="栓口渗水，水带缺 1 盘"),
                  Text(en="Replaced gasket, added hose", zh="更换密封圈，补配水带"), "engineer", (90, 240), on=("hydrants",)),
    ),
    "lighting": (
        Breakdown(Text(en="Several lamps out", zh="多盏灯不亮"),
                  Text(en="Replaced lamps and drivers", zh="更换光源和驱动电源"), "engineer", (160, 520)),
        Breakdown(Text(en="Lights burn in daylight", zh="白天长亮"),
                  Text(en="Replaced timer", zh="更换时控开关"), "engineer", (60, 130)),
    ),
    "fence": (
        Breakdown(Text(en="Opening big enough to climb through", zh="发现可钻入的缺口"),
                  Text(en="Closed the gap, added climbing guard", zh="封堵加固，补装防攀刺"), "builder", (350, 900)),
    ),
    "roof": (
        Breakdown(Text(en="Top-floor owner reports a leak", zh="顶层业主报修渗水"),
                  Text(en="Opened the leak and sealed it anew", zh="局部铲除，重做防水"), "roofer", (1800, 5600)),
    ),
    "road": (
        Breakdown(Text(en="Pothole in the lane", zh="车道出现坑洞"),
                  Text(en="Filled potholes", zh="修补坑槽"), "builder", (600, 1800)),
    ),
    "pipe": (
        Breakdown(Text(en="Blocked, water comes up the manhole", zh="堵塞，检查井冒溢"),
                  Text(en="Unblocked, replaced a broken length", zh="疏通，更换破损管段"), "drain_firm", (900, 2600)),
    ),
    "structure": (
        Breakdown(Text(en="Joint of the slide loose, fenced off", zh="滑梯连接松脱，已围挡"),
                  Text(en="Replaced joint", zh="更换连接件"), "engineer", (120, 360), on=("playground",)),
        Breakdown(Text(en="Foot of a post rotten", zh="木柱根部腐朽"),
                  Text(en="Replaced timber, treated against rot", zh="更换木构件，防腐处理"), "builder", (1200, 2800),
                  on=("pavilion",)),
        Breakdown(Text(en="Charging socket dead", zh="充电插座失灵"),
                  Text(en="Replaced socket and residual-current breaker", zh="更换插座和漏电保护器"), "engineer", (180, 360),
                  on=("bicycle-shed",)),
    ),
    "other": (
        Breakdown(Text(en="Pressure swings", zh="供水压力波动"),
                  Text(en="Replaced pressure sensor", zh="更换压力传感器"), "engineer", (260, 420)),
        Breakdown(Text(en="Bearing noisy", zh="轴承异响"),
                  Text(en="Replaced bearings", zh="更换轴承"), "power_firm", (380, 760)),
    ),
}  # fmt: skip
