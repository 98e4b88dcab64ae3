"""A compound's notices: one overdue, two open, two struck off."""

from datetime import UTC, datetime, timedelta

import pytest

from patrol.notices.issue import DETAIL_LIMIT, TITLE_LIMIT
from patrol.notices.models import DEPARTMENTS
from simulators.compound import make_compound
from simulators.models import both
from simulators.notices import make_notices

SITE = make_compound("cuihu-garden", seed=1)
# Just after midnight in Shanghai, noon, and just before midnight.
TIMES = [
    datetime(2026, 11, 21, 16, 1, tzinfo=UTC),
    datetime(2026, 11, 22, 4, tzinfo=UTC),
    datetime(2026, 11, 22, 15, 59, tzinfo=UTC),
]


@pytest.mark.parametrize("now", TIMES, ids=str)
def test_one_is_overdue_two_are_open_and_two_struck_off(now: datetime) -> None:
    notices = make_notices(SITE, seed=1, now=now)
    still = [notice for notice in notices if notice.closed is None]
    assert [notice.due_at < now for notice in still] == [True, False, False]
    assert [notice.closed.at <= notice.due_at for notice in notices if notice.closed] == [False, True]
    for notice in notices:
        assert notice.issued_at < now
        assert notice.issued_at < notice.due_at
        if notice.closed:
            assert notice.issued_at < notice.closed.at < now
    assert [notice.issued_at for notice in notices] == sorted(notice.issued_at for notice in notices)


def test_they_are_repeatable_and_acceptable_to_the_patrol() -> None:
    now = TIMES[1]
    notices = make_notices(SITE, seed=1, now=now)
    assert notices == make_notices(SITE, seed=1, now=now) != make_notices(SITE, seed=2, now=now)
    managers = {person.login for person in SITE.staff if person.role == "manager"}
    for notice in notices:
        assert notice.department in DEPARTMENTS
        assert len(both(notice.title)) <= TITLE_LIMIT
        assert len(both(notice.detail)) <= DETAIL_LIMIT
        assert notice.issued_by in managers
        assert notice.due_at - notice.issued_at < timedelta(days=14)
