"""People, their roles and the log of who changed them."""

from collections.abc import Callable
from datetime import datetime

import pytest

from assets.models import Region, Site
from core.errors import Conflict, Invalid, NotFound
from people import manage
from people.grants import find_viewer, permits, roles_at
from people.models import SYSTEM, Actor
from people.queries.audit import list_audit_entries
from people.queries.grants import list_grants_of
from people.queries.persons import list_people
from store.db import Connection, Database
from tests.cast import Cast


def roles(conn: Connection, person_id: int, site: Site) -> set[str]:
    viewer = find_viewer(conn, person_id)
    assert viewer is not None
    return set(roles_at(conn, viewer, site.id))


def test_a_role_holds_where_it_was_given(conn: Connection, cast: Cast, wutong: Site, jinxiu: Site) -> None:
    assert roles(conn, cast.chen.id, wutong) == {"manager"}
    assert roles(conn, cast.chen.id, jinxiu) == set()
    assert roles(conn, cast.liu.id, wutong) == {"regional"}, "from the district above the street"
    assert roles(conn, cast.liu.id, jinxiu) == set()
    assert roles(conn, cast.admin.id, wutong) == roles(conn, cast.admin.id, jinxiu) == {"admin"}


def test_a_role_of_the_city_holds_in_all_of_it(
    conn: Connection, cast: Cast, city: Region, wutong: Site, jinxiu: Site, now: datetime
) -> None:
    manage.grant_role(conn, cast.admin.actor, now=now, person_id=cast.wang.id, role="regional", region_id=city.id)
    assert roles(conn, cast.wang.id, wutong) == {"guard", "regional"}
    assert roles(conn, cast.wang.id, jinxiu) == {"regional"}


def test_admins_may_do_everything_and_regionals_read_everything() -> None:
    assert permits(frozenset({"admin"}), ("manager",), reading=False)
    assert permits(frozenset({"regional"}), ("manager",), reading=True)
    assert not permits(frozenset({"regional"}), ("manager",), reading=False)
    assert not permits(frozenset({"regional"}), ("admin",), reading=True)
    assert permits(frozenset({"guard", "leader"}), ("leader", "manager"), reading=False)
    assert not permits(frozenset({"guard"}), ("leader", "manager"), reading=True)
    assert not permits(frozenset(), ("guard",), reading=True)


def test_a_new_person_has_no_role(conn: Connection, cast: Cast, now: datetime) -> None:
    made = manage.create_person(
        conn, cast.admin.actor, now=now, username=" Zhou.Min ", display_name=" 周  敏 ", password="mei-lan-zhu-ju"
    )
    assert (made.username, made.display_name, made.active) == ("zhou.min", "周 敏", True)
    viewer = find_viewer(conn, made.id)
    assert viewer is not None
    assert viewer.grants == ()


@pytest.mark.parametrize(
    ("username", "display_name", "language", "field"),
    [
        ("", "周敏", None, "username"),
        ("zhou min", "周敏", None, "username"),
        ("周敏", "周敏", None, "username"),
        ("zhou", "  ", None, "display_name"),
        ("zhou", "周" * 61, None, "display_name"),
        ("zhou", "周敏", "fr", "language"),
    ],
)
def test_what_a_new_person_lacks_is_named(
    conn: Connection, now: datetime, username: str, display_name: str, language: str | None, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        manage.create_person(
            conn, SYSTEM, now=now, username=username, display_name=display_name, password="mei-lan-zhu-ju", language=language
        )
    assert refused.value.field == field


def test_a_username_is_given_once(conn: Connection, cast: Cast, now: datetime) -> None:
    with pytest.raises(Conflict) as refused:
        manage.create_person(conn, cast.admin.actor, now=now, username="WANG", display_name="王二", password="mei-lan-zhu-ju")
    assert refused.value.code == "username_taken"


@pytest.mark.parametrize(
    ("role", "at", "code"),
    [
        ("guard", "nowhere", "grant_needs_site"),
        ("admin", "site", "grant_without_site"),
        ("regional", "nowhere", "grant_needs_region"),
        ("regional", "site", "grant_without_site"),
        ("manager", "region", "grant_needs_site"),
        ("boss", "site", "choice_unknown"),
    ],
)
def test_each_role_is_given_for_its_kind_of_place(
    conn: Connection, cast: Cast, wutong: Site, now: datetime, role: str, at: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        manage.grant_role(
            conn,
            cast.admin.actor,
            now=now,
            person_id=cast.wang.id,
            role=role,
            site_id=wutong.id if at == "site" else None,
            region_id=wutong.region_id if at == "region" else None,
        )
    assert refused.value.code == code


def test_a_role_is_given_once_and_taken_back_once(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    given = manage.grant_role(conn, cast.admin.actor, now=now, person_id=cast.wang.id, role="leader", site_id=wutong.id)
    with pytest.raises(Conflict):
        manage.grant_role(conn, cast.admin.actor, now=now, person_id=cast.wang.id, role="leader", site_id=wutong.id)
    with pytest.raises(NotFound):
        manage.revoke_role(conn, cast.admin.actor, now=now, person_id=cast.li.id, grant_id=given.id)
    manage.revoke_role(conn, cast.admin.actor, now=now, person_id=cast.wang.id, grant_id=given.id)
    with pytest.raises(NotFound):
        manage.revoke_role(conn, cast.admin.actor, now=now, person_id=cast.wang.id, grant_id=given.id)
    assert roles(conn, cast.wang.id, wutong) == {"guard"}


def test_the_last_admin_can_neither_leave_nor_be_switched_off(conn: Connection, cast: Cast, now: datetime) -> None:
    admin = cast.admin
    grant = list_grants_of(conn, person_ids=[admin.id])[0]
    with pytest.raises(Conflict):
        manage.deactivate(conn, admin.actor, now=now, person_id=admin.id)
    with pytest.raises(Conflict):
        manage.revoke_role(conn, admin.actor, now=now, person_id=admin.id, grant_id=grant.id)
    manage.grant_role(conn, admin.actor, now=now, person_id=cast.chen.id, role="admin")
    manage.deactivate(conn, admin.actor, now=now, person_id=cast.chen.id)
    with pytest.raises(Conflict):
        manage.deactivate(conn, admin.actor, now=now, person_id=admin.id)
    manage.activate(conn, admin.actor, now=now, person_id=cast.chen.id)
    manage.deactivate(conn, cast.chen.actor, now=now, person_id=admin.id)


def test_two_admins_who_remove_each_other_leave_one(
    db: Database, cast: Cast, now: datetime, run_together: Callable[..., list[object]]
) -> None:
    with db.transaction() as conn:
        manage.grant_role(conn, SYSTEM, now=now, person_id=cast.chen.id, role="admin")
    admins = {
        grant.person_id: grant.id
        for person_id in (cast.admin.id, cast.chen.id)
        for grant in grants_of(db, person_id)
        if grant.role == "admin"
    }

    def revoke(person_id: int, by: Actor) -> Callable[[], object]:
        def run() -> object:
            try:
                with db.transaction() as conn:
                    manage.revoke_role(conn, by, now=now, person_id=person_id, grant_id=admins[person_id])
            except Conflict as refused:
                return refused.code
            return "revoked"

        return run

    outcomes = run_together(revoke(cast.admin.id, cast.chen.actor), revoke(cast.chen.id, cast.admin.actor))
    assert sorted(map(str, outcomes)) == ["last_admin", "revoked"]


def grants_of(db: Database, person_id: int) -> list[manage.PersonGrant]:
    with db.transaction() as conn:
        return list_grants_of(conn, person_ids=[person_id])


def test_every_change_is_in_the_log_without_secrets(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    actor = cast.admin.actor
    made = manage.create_person(conn, actor, now=now, username="zhou", display_name="周敏", password="mei-lan-zhu-ju")
    manage.update_person(conn, actor, now=now, person_id=made.id, display_name="周小敏", language="en")
    manage.update_person(conn, actor, now=now, person_id=made.id, display_name="周小敏", language="en")
    manage.set_password(conn, actor, now=now, person_id=made.id, password="song-zhu-mei-lan")
    manage.grant_role(conn, actor, now=now, person_id=made.id, role="guard", site_id=wutong.id)
    manage.deactivate(conn, actor, now=now, person_id=made.id)
    manage.deactivate(conn, actor, now=now, person_id=made.id)
    entries = list_audit_entries(conn, site_id=None, person_id=cast.admin.id, before_id=None, limit=50)
    assert [entry.action for entry in reversed(entries)] == [
        "person.created",
        "person.changed",
        "person.password_set",
        "role.granted",
        "person.deactivated",
    ]
    assert {entry.subject for entry in entries} == {f"person:{made.id}"}
    assert entries[3].detail == {
        "username": "zhou",
        "display_name": {"from": "周敏", "to": "周小敏"},
        "language": {"from": None, "to": "en"},
    }
    assert (entries[1].site_name, entries[1].person_name, entries[1].ip) == ("梧桐苑", "管理员", "127.0.0.1")
    assert "argon2" not in repr(entries)
    assert "mei-lan" not in repr(entries)


def test_people_are_found_by_part_of_a_name(conn: Connection, cast: Cast, wutong: Site) -> None:
    def names(text: str = "", site_id: int | None = None, after: str = "", limit: int = 50) -> list[str]:
        return [person.username for person in list_people(conn, text=text, site_id=site_id, after=after, limit=limit)]

    assert names() == ["admin", "chen", "li", "liu", "sun", "wang", "zhao"]
    assert names("LI") == ["li", "liu"]
    assert names("李") == ["li"]
    assert names("%") == []
    assert names(site_id=wutong.id) == ["chen", "li", "wang", "zhao"]
    assert names(after="liu", limit=2) == ["sun", "wang"]
