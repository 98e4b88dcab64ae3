"""Patrol rounds that were not walked, one alert for each plan.

A missed round stays missed for ever; what holds is that the latest round of the plan was missed. So a night without
patrols is one alert that counts them and not one for each hour, and it ends when a round of the plan is verified.
A person who closes it (the guard was at an accident) closes the rounds known by then: another missed one is news.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from alerts.models import Facts, Finding, Rule
from alerts.queries.findings import list_missed_plans
from alerts.words import Line, Words
from core.i18n import Text
from store.db import Connection

_BACK = timedelta(days=7)
_NAME_LIMIT = 5


def findings(conn: Connection, _: datetime) -> Iterator[Finding]:
    """Every plan in use whose latest round was missed. Worse when a key area was not seen."""
    for plan in list_missed_plans(conn, back=_BACK, name_limit=_NAME_LIMIT):
        yield Finding(
            site_id=plan.site_id,
            subject=f"plan:{plan.id}",
            subject_name=plan.name,
            place=plan.route_name,
            since=plan.missed_since,
            severity="major" if plan.key_area else None,
            occurrence=str(plan.round_id),
            facts={
                "round": plan.round_id,
                "starts_at": plan.starts_at.isoformat(),
                "due_at": plan.due_at.isoformat(),
                "missed_rounds": plan.missed_rounds,
                "checkpoints": plan.checkpoints,
                "unseen_count": plan.unseen_count,
                "unseen": plan.unseen,
            },
        )


def brief(facts: Facts, words: Words) -> str:
    """Which round, or how many in a row."""
    if facts["missed_rounds"] > 1:
        return words.text(Text("{n} rounds in a row", "连续 {n} 个班次"), n=facts["missed_rounds"])
    return words.span(facts["starts_at"], facts["due_at"])


def lines(facts: Facts, words: Words) -> list[Line]:
    """Which round, how many in a row, which checkpoints were not seen."""
    found = [words.line(Text("Round", "班次"), words.span(facts["starts_at"], facts["due_at"]))]
    if facts["missed_rounds"] > 1:
        found.append(words.line(Text("Missed", "漏巡"), brief(facts, words)))
    if facts["unseen"]:
        found.append(words.line(Text("Not checked", "未到点位"), _unseen(facts, words)))
    return found


def _unseen(facts: Facts, words: Words) -> str:
    names = words.listing(facts["unseen"])
    if facts["unseen_count"] <= len(facts["unseen"]):
        return names
    return words.text(
        Text("{names} and others ({n} of {all})", "{names}等 {n}/{all} 个"),
        names=names,
        n=facts["unseen_count"],
        all=facts["checkpoints"],
    )


RULE = Rule(
    slug="round_missed",
    name=Text("Round missed", "漏巡"),
    severity="minor",
    headline=Text("{subject} missed: {brief}", "{subject}漏巡：{brief}"),
    headline_over=Text("{subject}: patrolled again", "{subject}恢复巡查"),
    findings=findings,
    brief=brief,
    lines=lines,
    wake_on=("round",),
    every=timedelta(seconds=10),
)
