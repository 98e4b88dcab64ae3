"""People with their roles, for endpoints that answer with them."""

from collections.abc import Sequence

from api.schemas.people import GrantOut, MeOut, PersonOut
from people.models import Person, Session
from people.queries.grants import list_grants_of
from people.queries.persons import get_person
from store.db import Connection


def who(conn: Connection, *, person_id: int, session: Session | None) -> MeOut:
    """The caller, as themselves."""
    person = one_with_roles(conn, get_person(conn, person_id))
    return MeOut(person=person, csrf_token=session.csrf_token if session else None)


def one_with_roles(conn: Connection, person: Person) -> PersonOut:
    """A person with their roles."""
    return with_roles(conn, [person])[0]


def with_roles(conn: Connection, people: Sequence[Person]) -> list[PersonOut]:
    """People with their roles, in the same order."""
    shown = [PersonOut.model_validate(person) for person in people]
    by_id = {person.id: person for person in shown}
    for grant in list_grants_of(conn, person_ids=list(by_id)):
        by_id[grant.person_id].grants.append(GrantOut.model_validate(grant))
    return shown
