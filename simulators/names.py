"""Words from which believable names are put together; none is a real company, and the city does not exist."""

from random import Random

from core.i18n import Text
from simulators.dice import shuffled

CITY = Text(en="Jiangcheng", zh="江城市")

DISTRICTS = (
    ("donghu", Text(en="Donghu District", zh="东湖区")),
    ("binjiang", Text(en="Binjiang District", zh="滨江区")),
    ("gulou", Text(en="Gulou District", zh="鼓楼区")),
    ("xishan", Text(en="Xishan District", zh="西山区")),
    ("nanyuan", Text(en="Nanyuan District", zh="南苑区")),
    ("beicheng", Text(en="Beicheng District", zh="北城区")),
)

STREETS = (
    ("minzhu-road", Text(en="Minzhu Road Street Office", zh="民主路街道")),
    ("heping", Text(en="Heping Street Office", zh="和平街道")),
    ("xinhua", Text(en="Xinhua Street Office", zh="新华街道")),
    ("guangming", Text(en="Guangming Street Office", zh="光明街道")),
    ("qingnian-road", Text(en="Qingnian Road Street Office", zh="青年路街道")),
    ("shuiguohu", Text(en="Shuiguohu Street Office", zh="水果湖街道")),
    ("jiefang", Text(en="Jiefang Street Office", zh="解放街道")),
    ("wenhua", Text(en="Wenhua Street Office", zh="文华街道")),
)

_FIRST = (
    ("cuihu", "翠湖"), ("jinxiu", "锦绣"), ("yangguang", "阳光"), ("wangjiang", "望江"), ("lanting", "兰亭"),
    ("zijin", "紫金"), ("wutong", "梧桐"), ("tianyi", "天逸"), ("hupan", "湖畔"), ("fenglin", "枫林"),
    ("yujing", "御景"), ("heyue", "和悦"), ("mingyue", "明月"), ("qingfeng", "清风"), ("longhu", "龙湖湾"),
    ("baihe", "百合"), ("jingyi", "静怡"), ("xiangxie", "香榭"), ("donghai", "东海"), ("kangle", "康乐"),
    ("yayuan", "雅园"), ("bishui", "碧水"), ("luzhou", "绿洲"), ("huating", "华庭"), ("jiahe", "嘉和"),
    ("xinyuan", "馨源"), ("yulan", "玉兰"), ("yinxing", "银杏"), ("zhulin", "竹林"), ("taoyuan", "桃源"),
    ("chunhui", "春晖"), ("qiushui", "秋水"), ("anju", "安居"), ("fukang", "福康"), ("ruixiang", "瑞祥"),
    ("wanhe", "万和"), ("dehe", "德和"), ("nanhu", "南湖"), ("beiyuan", "北苑"), ("jinsha", "金沙"),
)  # fmt: skip

_SECOND = (
    ("garden", "Garden", "花园"), ("homeland", "Homeland", "家园"), ("new-town", "New Town", "新城"),
    ("court", "Court", "苑"), ("mansion", "Mansion", "公馆"), ("bay", "Bay", "湾"), ("residence", "Residence", "雅居"),
    ("village", "New Village", "新村"), ("heights", "Heights", "府"), ("terrace", "Terrace", "名邸"),
    ("park", "Park", "公园里"), ("riverside", "Riverside", "江岸"), ("city", "City", "小镇"), ("square", "Square", "广场公寓"),
    ("lane", "Lane", "里"), ("hill", "Hill", "山庄"), ("phase-one", "Phase I", "一期"), ("phase-two", "Phase II", "二期"),
    ("east", "East", "东区"), ("west", "West", "西区"), ("island", "Island", "半岛"), ("spring", "Spring", "春天"),
)  # fmt: skip

_FAMILY = (
    ("wang", "王"), ("li", "李"), ("zhao", "赵"), ("chen", "陈"), ("liu", "刘"), ("zhang", "张"), ("zhou", "周"),
    ("wu", "吴"), ("xu", "徐"), ("sun", "孙"), ("ma", "马"), ("zhu", "朱"), ("hu", "胡"), ("guo", "郭"),
    ("he", "何"), ("gao", "高"), ("lin", "林"), ("luo", "罗"), ("zheng", "郑"), ("liang", "梁"),
)  # fmt: skip

_GIVEN = (
    "建国", "志强", "海涛", "文斌", "秀英", "丽华", "国庆", "小军", "永刚", "春梅", "德胜", "玉兰",
    "俊杰", "立新", "红梅", "长江", "新民", "爱华", "大勇", "晓燕", "振华", "桂芳", "学文", "金龙",
)  # fmt: skip

# Makers of equipment, invented.
MAKERS = ("恒卫 Hengwei", "安途 Antu", "明睿 Mingrui", "川达 Chuanda", "科远 Keyuan", "盛泰 Shengtai")


def compound_names(rng: Random) -> list[tuple[str, Text]]:
    """Every combination as (slug, name), in an order drawn from `rng`, each once."""
    combined = [
        (f"{first}-{second}", Text(en=f"{first.capitalize()} {english}", zh=f"{chinese}{ending}"))
        for first, chinese in _FIRST
        for second, english, ending in _SECOND
    ]
    return shuffled(rng, combined)


def people(rng: Random, count: int) -> list[tuple[str, str]]:
    """`count` persons as (family name in pinyin, full name in Chinese), no family name twice."""
    return [(pinyin, f"{family}{rng.choice(_GIVEN)}") for pinyin, family in shuffled(rng, _FAMILY)[:count]]
