"""SQL of people and their passwords."""

from datetime import datetime

from core.i18n import Language
from people.models import Credentials, Person, Viewer
from store.db import Connection, execute, fetch_all, fetch_one, fetch_value, find_one


def find_viewer(conn: Connection, *, person_id: int) -> Viewer | None:
    """An active person, without grants."""
    return find_one(
        conn,
        Viewer,
        "SELECT id AS person_id, username, display_name, language FROM person WHERE id = %(person_id)s AND active",
        person_id=person_id,
    )


def get_person(conn: Connection, person_id: int) -> Person:
    return fetch_one(
        conn,
        Person,
        "SELECT id, username, display_name, language, active, created_at FROM person WHERE id = %(id)s",
        id=person_id,
    )


def list_people(conn: Connection, *, text: str, site_id: int | None, after: str, limit: int) -> list[Person]:
    """By username, those after `after`; `text` is looked for in both names; `site_id` keeps who has a grant at that site."""
    return fetch_all(
        conn,
        Person,
        """
        SELECT id, username, display_name, language, active, created_at
          FROM person
         WHERE username > %(after)s
           AND (strpos(username, lower(%(text)s)) > 0 OR strpos(lower(display_name), lower(%(text)s)) > 0)
           AND (%(site_id)s::bigint IS NULL
                OR EXISTS (SELECT FROM role_grant WHERE person_id = person.id AND site_id = %(site_id)s))
         ORDER BY username
         LIMIT %(limit)s
        """,
        text=text,
        site_id=site_id,
        after=after,
        limit=limit,
    )


def find_credentials(conn: Connection, *, username: str) -> Credentials | None:
    return find_one(
        conn,
        Credentials,
        "SELECT id AS person_id, username, password_hash, active FROM person WHERE username = %(username)s",
        username=username,
    )


def lock_credentials(conn: Connection, *, person_id: int) -> Credentials:
    """The same by id, and nobody changes the person until the transaction ends."""
    return fetch_one(
        conn,
        Credentials,
        "SELECT id AS person_id, username, password_hash, active FROM person WHERE id = %(person_id)s FOR UPDATE",
        person_id=person_id,
    )


def create_person(
    conn: Connection, *, username: str, display_name: str, password_hash: str, language: Language | None, now: datetime
) -> int | None:
    """The new id; None when the username is taken."""
    person_id: int | None = fetch_value(
        conn,
        """
        INSERT INTO person (username, display_name, password_hash, language, created_at)
        VALUES (%(username)s, %(display_name)s, %(password_hash)s, %(language)s, %(now)s)
        ON CONFLICT (username) DO NOTHING
        RETURNING id
        """,
        username=username,
        display_name=display_name,
        password_hash=password_hash,
        language=language,
        now=now,
    )
    return person_id


def update_person(conn: Connection, person_id: int, *, display_name: str, language: Language | None) -> None:
    execute(
        conn,
        "UPDATE person SET display_name = %(display_name)s, language = %(language)s WHERE id = %(id)s",
        id=person_id,
        display_name=display_name,
        language=language,
    )


def update_password_hash(conn: Connection, person_id: int, *, password_hash: str) -> None:
    execute(
        conn, "UPDATE person SET password_hash = %(password_hash)s WHERE id = %(id)s", id=person_id, password_hash=password_hash
    )


def mark_active(conn: Connection, person_id: int, *, active: bool) -> bool:
    """Whether it was otherwise before."""
    return (
        execute(
            conn,
            "UPDATE person SET active = %(active)s WHERE id = %(id)s AND active <> %(active)s",
            id=person_id,
            active=active,
        )
        == 1
    )
