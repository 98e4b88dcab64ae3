"""How regular work and breakdowns are declared: one entry is one line of the ledger that comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from assets.models import Condition, RecordKind
from core.i18n import Text

# Who does it: somebody of the staff, or the contractor of a trade.
Hand = Literal[
    "guard", "leader", "engineer",
    "lift_firm", "lift_inspector", "fire_firm", "drain_firm", "systems_firm", "power_firm", "builder", "roofer",
]  # fmt: skip

# Contractors, invented like everything here.
FIRMS: Mapping[Hand, Text] = {
    "lift_firm": Text(en="Hengsheng Lift Service", zh="恒升电梯维保"),
    "lift_inspector": Text(en="Lift Inspection Institute", zh="特种设备检验所"),
    "fire_firm": Text(en="Antai Fire Engineering", zh="安泰消防技术"),
    "drain_firm": Text(en="Jieyuan Drain Cleaning", zh="洁源环保清掏"),
    "systems_firm": Text(en="Zhilian Building Systems", zh="智联弱电工程"),
    "power_firm": Text(en="Mingguang Electrical", zh="明光电力安装"),
    "builder": Text(en="Shuntong Civil Works", zh="顺通市政工程"),
    "roofer": Text(en="Gujia Waterproofing", zh="固佳防水工程"),
}


@dataclass(frozen=True, slots=True)
class Remarks:
    """What an inspection notes, by the condition of the asset."""

    good: Text
    fair: Text
    poor: Text

    def of(self, condition: Condition) -> Text:
        """The fitting one."""
        if condition == "good":
            return self.good
        return self.fair if condition == "fair" else self.poor


@dataclass(frozen=True, slots=True)
class Chore:
    """Work that comes back after at most `every` days.

    `measured`: lowest, highest, digits after the point of the `{n}` in `detail`. `cost`: lowest and highest price in
    yuan, where it is paid by the visit. `on`: how the slugs of the assets begin that it is done to; as it stands, all
    of the category. `remarks` take the place of `detail`.
    """

    kind: RecordKind
    every: int
    by: Hand
    summary: Text
    detail: Text | None = None
    measured: tuple[float, float, int] = (0, 0, 0)
    cost: tuple[int, int] | None = None
    remarks: Remarks | None = None
    on: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Something that breaks by chance: what the guard on his round notices, and how it is repaired. `cost` and `on` as above."""

    noticed: Text
    repaired: Text
    by: Hand
    cost: tuple[int, int] | None = None
    on: tuple[str, ...] = ("",)
