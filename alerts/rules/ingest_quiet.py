"""An ingester of ours that does not do its work. It concerns the installation and not a site, whose devices say nothing wrong.

An ingester that has stopped is only missed when somebody was there to hear it: after the whole installation was off, the
jobs may run before the ingester does.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from alerts.models import Facts, Finding, HeldAlert, Rule, SubjectKey
from alerts.words import Line, Words
from assets.models import INSTALLATION
from core.i18n import Text
from ingest.queries.health import list_ingesters
from ingest.troubles import QUIET_AFTER, is_of_the_past, list_troubles
from store.db import Connection
from store.runners import list_runners

_PREFIX = "ingester:"
_AT_WORK_WITHIN = timedelta(seconds=30)  # those who run jobs say so every ten seconds
_BRIEFS = {
    "stopped": Text("the ingester has stopped", "接收程序已停止运行"),
    "deaf": Text("no connection to the broker", "未能连接消息服务器"),
    "unwritable": Text("the database refuses to store readings", "数据库拒绝写入"),
    "nothing_heard": Text("no device has said anything", "所有设备均无上报"),
}
_OTHER = Text("it does not work", "工作异常")


def findings(conn: Connection, now: datetime) -> Iterator[Finding]:
    """Every ingester in trouble. Another trouble is another occurrence. A full disk has a rule of its own."""
    watched_since = _watched_since(conn, now)
    for trouble in list_troubles(conn, now):
        if trouble.why == "disk_full":
            continue
        if trouble.why == "stopped" and (watched_since is None or now - max(trouble.since, watched_since) <= QUIET_AFTER):
            continue
        yield Finding(
            site_id=INSTALLATION.id,
            subject=f"{_PREFIX}{trouble.ingester}",
            subject_name=trouble.ingester,
            since=trouble.since,
            occurrence=trouble.why,
            facts={"why": trouble.why, "since": trouble.since.isoformat(), "detail": trouble.detail},
        )


def undecided(conn: Connection, held: Sequence[HeldAlert]) -> frozenset[SubjectKey]:
    """One that has stopped and was not heard since then has not come back, however short we have been watching."""
    states = list_ingesters(conn)
    missed = {f"{_PREFIX}{each.client_id}": each.seen_at.isoformat() for each in states if not is_of_the_past(each, states)}
    return frozenset(
        alert.key for alert in held if alert.facts["why"] == "stopped" and missed.get(alert.subject) == alert.facts["since"]
    )


def _watched_since(conn: Connection, now: datetime) -> datetime | None:
    return min((each.started_at for each in list_runners(conn) if now - each.seen_at <= _AT_WORK_WITHIN), default=None)


def brief(facts: Facts, words: Words) -> str:
    """What it lacks."""
    return words.text(_BRIEFS.get(facts["why"], _OTHER))


def lines(facts: Facts, words: Words) -> list[Line]:
    """What it lacks, and the database's own words."""
    found = [words.line(Text("Reason", "原因"), brief(facts, words))]
    if facts["detail"]:
        found.append(words.line(Text("The database says", "数据库提示"), facts["detail"]))
    return found


RULE = Rule(
    slug="ingest_quiet",
    name=Text("Readings not taken in", "数据接收异常"),
    severity="critical",
    headline=Text("No readings are taken in ({subject}): {brief}", "数据接收异常（{subject}）：{brief}"),
    headline_over=Text("Readings are taken in again ({subject})", "数据接收恢复正常（{subject}）"),
    findings=findings,
    brief=brief,
    lines=lines,
    wake_on=(),
    every=timedelta(seconds=5),
    undecided=undecided,
)
