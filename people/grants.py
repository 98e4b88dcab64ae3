"""Who may do what where."""

from collections.abc import Iterable
from dataclasses import replace

from people.models import Role, Viewer
from people.queries import grants as queries
from people.queries import persons
from store.db import Connection


def find_viewer(conn: Connection, person_id: int) -> Viewer | None:
    """An active person with all their grants."""
    viewer = persons.find_viewer(conn, person_id=person_id)
    return viewer and replace(viewer, grants=tuple(queries.list_grants(conn, person_id=person_id)))


def roles_at(conn: Connection, viewer: Viewer, site_id: int) -> frozenset[Role]:
    """The viewer's roles at a site; empty when it is none of theirs."""
    return frozenset(queries.list_roles_at(conn, person_id=viewer.person_id, site_id=site_id))


def permits(mine: frozenset[Role], wanted: Iterable[Role], *, reading: bool) -> bool:
    """Whether one of `mine` is wanted.

    An admin may do everything; who is responsible for a region may read everything but what is for admins alone.
    """
    wanted = frozenset(wanted)
    overseeing = reading and "regional" in mine and wanted != {"admin"}
    return "admin" in mine or overseeing or not mine.isdisjoint(wanted)
