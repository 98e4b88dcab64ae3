"""Where people begin."""

from assets.models import Site
from people import grants
from people.models import Role, Viewer
from store.db import Connection


def first_path(conn: Connection, viewer: Viewer, sites: list[Site]) -> str:
    """The page that suits a person best: of their site when they have one, else the list to choose from."""
    if len(sites) != 1:
        return "/sites"
    return site_path(sites[0].slug, grants.roles_at(conn, viewer, sites[0].id))


def site_path(slug: str, roles: frozenset[Role]) -> str:
    """The first page of a site: guards have one of their own."""
    return f"/s/{slug}/guard" if roles == {"guard"} else f"/s/{slug}/overview"
