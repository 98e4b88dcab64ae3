"""What the navigation offers to whom."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType

from assets.models import Site
from people import grants
from people.models import Role, Viewer
from store.db import Connection
from store.notify import Topic

_TABS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Badge:
    """What waits at the site, counted beside an item; `text_key` says it for a screen reader, with `n`.

    It is counted again when one of the topics changes.
    """

    count: Callable[[Connection, int], int]
    text_key: str
    topics: tuple[Topic, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class NavItem:
    """Declared as `NAV` by a pages module.

    `path` may contain `{site}`; then `roles` are roles at the site, else roles anywhere. Empty: everybody.
    The first four `primary` ones stand in a phone's tab bar. A `personal` item is only for who holds one of the roles
    themselves: an admin has no rounds of their own.
    `also` are paths of pages that belong to the item without being under its own.
    """

    key: str
    label_key: str
    icon: str
    path: str
    roles: tuple[Role, ...] = ()
    order: int = 100
    primary: bool = False
    personal: bool = False
    also: tuple[str, ...] = ()
    badge: Badge | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NavLink:
    """An item as the templates show it. `badge`: None where nothing is counted."""

    key: str
    label_key: str
    icon: str
    href: str
    primary: bool
    current: bool
    badge: int | None
    badge_key: str


def collect_nav(modules: Iterable[ModuleType]) -> tuple[NavItem, ...]:
    """What the pages declare as `NAV` (one item or several), in order."""
    items: list[NavItem] = []
    for module in modules:
        declared: NavItem | tuple[NavItem, ...] = getattr(module, "NAV", ())
        items.extend((declared,) if isinstance(declared, NavItem) else declared)
    return tuple(sorted(items, key=lambda item: (item.order, item.key)))


def nav_links(
    conn: Connection, items: Iterable[NavItem], *, viewer: Viewer, site: Site | None, roles: frozenset[Role], path: str
) -> list[NavLink]:
    """The items for this viewer at this site (None: only what belongs to no site), for a page at `path`."""
    shown = [(item, item.path.format(site=site.slug if site else "")) for item in items if _is_for(item, viewer, site, roles)]
    tabs = [item.key for item, _ in shown if item.primary][:_TABS]
    covered = [
        (item.key, whole) for item, href in shown for whole in (href, *_also(item, site)) if f"{path}/".startswith(f"{whole}/")
    ]
    here = max(covered, key=lambda each: len(each[1]), default=("", ""))[0]
    return [
        NavLink(
            key=item.key,
            label_key=item.label_key,
            icon=item.icon,
            href=href,
            primary=item.key in tabs,
            current=item.key == here,
            badge=item.badge.count(conn, site.id) if item.badge and site else None,
            badge_key=item.badge.text_key if item.badge else "",
        )
        for item, href in shown
    ]


def _also(item: NavItem, site: Site | None) -> list[str]:
    return [path.format(site=site.slug if site else "") for path in item.also]


def badge_topics(conn: Connection, items: Iterable[NavItem], viewer: Viewer, site: Site) -> frozenset[Topic]:
    """What may change a badge of this viewer's menu at this site."""
    roles = grants.roles_at(conn, viewer, site.id)
    return frozenset(topic for item in items if item.badge and _is_for(item, viewer, site, roles) for topic in item.badge.topics)


def _is_for(item: NavItem, viewer: Viewer, site: Site | None, roles: frozenset[Role]) -> bool:
    if "{site}" in item.path:
        mine = roles if not item.personal else roles - {"admin", "regional"}
        return site is not None and (not item.roles or grants.permits(mine, item.roles, reading=True))
    return not item.roles or viewer.has_role("admin", *item.roles)
