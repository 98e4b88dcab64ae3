"""A notice is overdue by its deadline alone, and is struck off once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from assets.models import Site
from core.errors import Conflict, Invalid, NotFound
from patrol.notices import queries
from patrol.notices.close import close_notice
from patrol.notices.issue import issue_notice
from patrol.notices.models import Notice
from store.db import Connection, Database, fetch_value
from tests.cast import Cast

DAY = timedelta(days=1)


def issue(conn: Connection, cast: Cast, site: Site, now: datetime, **changed: object) -> Notice:
    values = {"title": "3号楼消防通道堆物", "department": "cleaning", "due_at": now + DAY, "detail": "2 层至 5 层"} | changed
    return issue_notice(conn, cast.chen.actor, now=now, site_id=site.id, **values)  # type: ignore[arg-type]


def test_a_notice_goes_from_open_to_struck_off(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    notice = issue(conn, cast, wutong, now)
    assert (notice.state(now), notice.state(now + DAY), notice.issued_by) == ("open", "open", "陈静")
    closed = close_notice(
        conn, cast.li.actor, now=now + DAY / 2, site_id=wutong.id, notice_id=notice.id, note="已清理，现场复核通过"
    )
    assert (closed.state(now + 9 * DAY), closed.closed_by, closed.closed_note) == ("closed", "李建军", "已清理，现场复核通过")
    assert queries.list_open_notices(conn, wutong.id) == []
    actions = conn.execute("SELECT action FROM audit_entry WHERE subject = %s ORDER BY id", (f"notice:{notice.id}",)).fetchall()
    assert actions == [("notice.issued",), ("notice.closed",)]


def test_overdue_is_nothing_but_the_deadline(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    notice = issue(conn, cast, wutong, now)
    late = now + DAY + timedelta(seconds=1)
    assert notice.state(late) == "overdue"
    counts = queries.count_open_notices(conn, wutong.id, late)
    assert (counts.open, counts.overdue) == (1, 1)
    closed = close_notice(conn, cast.chen.actor, now=late, site_id=wutong.id, notice_id=notice.id, note="已整改")
    assert closed.state(late) == "closed_late"


def test_it_is_struck_off_once(
    db: Database, cast: Cast, wutong: Site, now: datetime, run_together: Callable[..., list[bool]]
) -> None:
    with db.transaction() as conn:
        notice = issue(conn, cast, wutong, now)

    def close(note: str) -> bool:
        try:
            with db.transaction() as conn:
                close_notice(conn, cast.li.actor, now=now, site_id=wutong.id, notice_id=notice.id, note=note)
        except Conflict:
            return False
        return True

    assert sorted(run_together(lambda: close("一"), lambda: close("二"))) == [False, True]
    with db.transaction() as conn:
        assert fetch_value(conn, "SELECT count(*) FROM audit_entry WHERE action = 'notice.closed'") == 1


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"title": " "}, "text_missing", "title"),
        ({"title": "长" * 201}, "text_too_long", "title"),
        ({"department": "kitchen"}, "choice_unknown", "department"),
        ({"department": ""}, "choice_missing", "department"),
        ({"due_at": None}, "deadline_past", "due_at"),
    ],
)
def test_a_notice_that_says_nothing_is_refused(
    conn: Connection, cast: Cast, wutong: Site, now: datetime, changed: dict[str, object], code: str, field: str
) -> None:
    with pytest.raises(Invalid, match=code) as refused:
        issue(conn, cast, wutong, now, **({"due_at": now} if changed == {"due_at": None} else changed))
    assert refused.value.field == field


def test_a_notice_of_another_site_does_not_exist(conn: Connection, cast: Cast, wutong: Site, jinxiu: Site, now: datetime) -> None:
    notice = issue(conn, cast, wutong, now)
    with pytest.raises(NotFound):
        close_notice(conn, cast.sun.actor, now=now, site_id=jinxiu.id, notice_id=notice.id, note="x")


def test_striking_off_needs_a_word(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    notice = issue(conn, cast, wutong, now)
    with pytest.raises(Invalid, match="text_missing"):
        close_notice(conn, cast.chen.actor, now=now, site_id=wutong.id, notice_id=notice.id, note=" ")
