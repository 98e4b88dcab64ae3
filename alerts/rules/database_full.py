"""The disk of the database is full: what is stored can be read, nothing can be added."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from alerts.models import Facts, Finding, HeldAlert, Rule, SubjectKey
from alerts.words import Line, Words
from assets.models import INSTALLATION
from core.i18n import Text
from ingest.troubles import list_troubles
from store.db import Connection
from store.reserve import is_kept


def findings(conn: Connection, now: datetime) -> Iterator[Finding]:
    """One, however many ingesters are refused."""
    refused = [trouble for trouble in list_troubles(conn, now) if trouble.why == "disk_full"]
    if refused:
        first = min(refused, key=lambda each: each.since)
        yield Finding(
            site_id=INSTALLATION.id,
            subject="database",
            subject_name="PostgreSQL",
            since=first.since,
            facts={"ingesters": sorted(each.ingester for each in refused)},
        )


def undecided(conn: Connection, held: Sequence[HeldAlert]) -> frozenset[SubjectKey]:
    """What was given back for the alert is soon used up. It is over when there is room for that again."""
    return frozenset() if is_kept(conn) else frozenset(alert.key for alert in held)


def brief(_: Facts, words: Words) -> str:
    """What becomes of the messages."""
    return words.text(Text("messages wait at the broker", "报文暂存于消息服务器"))


def lines(facts: Facts, words: Words) -> list[Line]:
    """What becomes of the messages, who is refused, and what to do."""
    return [
        words.line(Text("Meanwhile", "期间"), brief(facts, words)),
        words.line(Text("Refused", "写入受阻"), words.listing(facts["ingesters"])),
        words.line(
            Text("To do", "处理方法"),
            words.text(
                Text(
                    "Make room on the disk of the database; everything then goes on by itself.",
                    "请为数据库所在磁盘腾出空间，随后自动恢复。",
                )
            ),
        ),
    ]


RULE = Rule(
    slug="database_full",
    name=Text("Disk of the database full", "数据库磁盘已满"),
    severity="critical",
    headline=Text("The disk of the database is full ({subject}): {brief}", "数据库磁盘已满（{subject}）：{brief}"),
    headline_over=Text("The database stores again ({subject})", "数据库恢复写入（{subject}）"),
    findings=findings,
    brief=brief,
    lines=lines,
    wake_on=(),
    every=timedelta(seconds=5),
    undecided=undecided,
)
