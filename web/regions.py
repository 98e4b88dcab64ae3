"""The tree of regions as a list in its order, for pages and selects."""

from collections.abc import Iterable
from dataclasses import dataclass

from assets.models import Region


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionNode:
    """A region with its place in the tree. `path` holds its name after those above it."""

    region: Region
    path: tuple[str, ...]

    @property
    def label(self) -> str:
        """`上海市 / 浦东新区`."""
        return " / ".join(self.path)


def region_tree(regions: Iterable[Region]) -> list[RegionNode]:
    """A city, its districts, their streets, the next city …; `regions` in any order, siblings stay in it."""
    children: dict[int | None, list[Region]] = {}
    for region in regions:
        children.setdefault(region.parent_id, []).append(region)
    nodes: list[RegionNode] = []

    def walk(parent_id: int | None, above: tuple[str, ...]) -> None:
        for region in children.get(parent_id, []):
            path = (*above, region.name)
            nodes.append(RegionNode(region=region, path=path))
            walk(region.id, path)

    walk(None, ())
    return nodes
