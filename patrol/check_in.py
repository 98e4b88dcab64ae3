"""A guard was somewhere: the evidence is stored, then what it proves is derived."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.checks import paragraph
from core.errors import Conflict, Forbidden, Invalid
from patrol import queries
from patrol.derive import rederive_round
from patrol.models import CheckIn, Counted, Outcome
from patrol.planning.codes import normalise_code
from patrol.planning.queries.checkpoints import find_checkpoint_by_code
from people.audit import write_audit
from people.models import Actor
from store.db import Connection
from store.notify import Change, notify

CODE_LIMIT = 64
NOTE_LIMIT = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckInResult:
    """What was stored and what it proved.

    counted: it is the check that counts for `rounds` · seen_before: due now, and seen already · not_due: in no round now
    · unknown_code: stored, and of no checkpoint. `replayed`: this phone had sent it before; nothing new was stored.
    """

    check_in: CheckIn
    outcome: Outcome
    rounds: tuple[Counted, ...]
    replayed: bool


def check_in(
    conn: Connection,
    actor: Actor,
    *,
    now: datetime,
    site_id: int,
    code: str,
    client_id: UUID,
    device_at: datetime | None = None,
    note: str = "",
) -> CheckInResult:
    """Store what a guard typed, once for each `client_id`, whether or not it is a code of ours: it is evidence.

    Verdicts go by `now`, our clock; `device_at` is kept and not believed. An unknown code is an outcome and no
    exception, because an exception would roll the evidence back. Raises Conflict when `client_id` was used for something
    else, Invalid when nothing was typed.
    """
    if actor.person_id is None:
        raise Forbidden
    entered = "".join(char for char in code if char.isprintable()).strip()[:CODE_LIMIT]
    if not entered:
        raise Invalid("code_missing", field="code")
    checkpoint = find_checkpoint_by_code(conn, site_id, normalise_code(entered))
    check_in_id = queries.insert_check_in(
        conn,
        site_id=site_id,
        client_id=client_id,
        person_id=actor.person_id,
        checkpoint_id=checkpoint.id if checkpoint else None,
        code_entered=entered,
        device_at=device_at,
        received_at=now,
        note=paragraph(note, field="note", limit=NOTE_LIMIT),
        evidence={"ip": actor.ip} if actor.ip else {},
    )
    stored = queries.find_check_in_by_client_id(conn, site_id, client_id)
    if stored is None or not _is_same(stored, actor.person_id, entered):
        raise Conflict("client_id_reused")
    if check_in_id is not None:
        _derive(conn, site_id, stored, now)
        subject = f"check_in:{check_in_id}"
        detail = {"code": entered, "checkpoint_id": stored.checkpoint_id}
        write_audit(conn, actor, now=now, action="check_in.stored", subject=subject, site_id=site_id, detail=detail)
        notify(conn, Change(topic="check_in", site_id=site_id, subject=str(check_in_id)))
    return _result(conn, site_id, stored, replayed=check_in_id is None)


def find_result(conn: Connection, *, site_id: int, person_id: int, client_id: UUID) -> CheckInResult | None:
    """What a check-in of that person came to, to show it again; None when there is none."""
    stored = queries.find_check_in_by_client_id(conn, site_id, client_id)
    if stored is None or stored.person_id != person_id:
        return None
    return _result(conn, site_id, stored, replayed=True)


def _is_same(stored: CheckIn, person_id: int, entered: str) -> bool:
    return stored.person_id == person_id and normalise_code(stored.code_entered) == normalise_code(entered)


def _derive(conn: Connection, site_id: int, stored: CheckIn, now: datetime) -> None:
    for round_id in _rounds_holding(conn, site_id, stored):
        rederive_round(conn, site_id=site_id, round_id=round_id, now=now)


def _rounds_holding(conn: Connection, site_id: int, stored: CheckIn) -> list[int]:
    if stored.checkpoint_id is None:
        return []
    return queries.list_round_ids_holding(conn, site_id=site_id, checkpoint_id=stored.checkpoint_id, at=stored.received_at)


def _result(conn: Connection, site_id: int, stored: CheckIn, *, replayed: bool) -> CheckInResult:
    rounds = tuple(queries.list_counted(conn, site_id, stored.id))
    outcome: Outcome = "not_due"
    if stored.checkpoint_id is None:
        outcome = "unknown_code"
    elif rounds:
        outcome = "counted"
    elif _rounds_holding(conn, site_id, stored):
        outcome = "seen_before"
    return CheckInResult(check_in=stored, outcome=outcome, rounds=rounds, replayed=replayed)
