"""What a person is told of an alert: one sentence, the facts in lines, a link."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from alerts.models import Alert, Event, Facts
from alerts.rules import all_rules
from alerts.words import Line, Words
from assets.models import Site
from core.i18n import Language, Translator


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One notification as channels send it. `alert` is None for a test."""

    event: Event | Literal["test"]
    idempotency_key: str
    sent_at: datetime
    site: Site
    alert: Alert | None
    title: str
    body: str
    url: str | None
    language: Language


def headline(alert: Alert, words: Words, *, over: bool = False) -> str:
    """What is wrong in one sentence, or with `over` that it is over."""
    rule = all_rules().get(alert.rule)
    if rule is None:  # a rule of another version
        return f"{alert.subject_name}: {alert.rule}"
    sentence = rule.headline_over if over else rule.headline
    return words.text(sentence, subject=alert.subject_name, brief=rule.brief(alert.facts, words))


def rule_name(alert: Alert, language: Language) -> str:
    """What kind of alert it is."""
    rule = all_rules().get(alert.rule)
    return alert.rule if rule is None else rule.name.in_(language)


def fact_lines(alert: Alert, words: Words, *, facts: Facts | None = None) -> list[Line]:
    """What the rule found, for people; `facts`: other than the latest, from the history."""
    rule = all_rules().get(alert.rule)
    return [] if rule is None else rule.lines(alert.facts if facts is None else facts, words)


def compose(
    alert: Alert, site: Site, *, event: Event, idempotency_key: str, language: Language, base_url: str | None, now: datetime
) -> Message:
    """The notification of an alert; of one that a person has closed as `closed`, for it need not be over.

    `base_url`: the address people open; None: there is none to link to.
    """
    t = Translator(language)
    words = Words(language=language, zone=site.zone)
    if event == "resolved" and alert.closed:
        event = "closed"
    severity = t(f"severity.{alert.severity}")
    if event == "opened":
        title = t("alerts.message.opened", severity=severity, site=site.name, headline=headline(alert, words))
    elif event == "closed":
        title = t("alerts.message.closed", name=alert.resolved_by_name, site=site.name, headline=headline(alert, words))
    else:
        title = t("alerts.message.cleared", site=site.name, headline=headline(alert, words, over=True))
    url = base_url and f"{base_url}/s/{site.slug}/alerts/{alert.id}"
    lines = [*_lines(alert, words, t, event=event), *_link(url, t)]
    return Message(
        event=event,
        idempotency_key=idempotency_key,
        sent_at=now,
        site=site,
        alert=alert,
        title=title,
        body=_body(lines, t),
        url=url,
        language=language,
    )


def compose_test(
    site: Site, *, channel_name: str, idempotency_key: str, language: Language, base_url: str | None, now: datetime
) -> Message:
    """What "send a test" sends."""
    t = Translator(language)
    url = base_url and f"{base_url}/s/{site.slug}/alerts"
    lines = [
        Line(label=t("alerts.message.sent_at"), value=Words(language=language, zone=site.zone).time(now)),
        *_link(url, t),
    ]
    return Message(
        event="test",
        idempotency_key=idempotency_key,
        sent_at=now,
        site=site,
        alert=None,
        title=t("alerts.message.test", site=site.name, channel=channel_name),
        body=f"{t('alerts.message.test_hint')}\n{_body(lines, t)}",
        url=url,
        language=language,
    )


def _lines(alert: Alert, words: Words, t: Translator, *, event: Event) -> Iterable[Line]:
    if alert.place:
        yield Line(label=t("alerts.place"), value=alert.place)
    yield Line(label=t("alerts.since"), value=words.time(alert.since))
    if event == "opened":
        yield from fact_lines(alert, words)
    elif alert.resolved_at is not None:
        yield Line(label=t("alerts.closed_at" if alert.closed else "alerts.resolved_at"), value=words.time(alert.resolved_at))
    if event == "closed":
        yield Line(label=t("alerts.resolved_by"), value=alert.resolved_by_name or "")
        yield Line(label=t("alerts.resolution"), value=alert.resolution or "")
        if alert.holds:
            yield Line(label=t("alerts.message.note"), value=t("alerts.still_holds"))


def _link(url: str | None, t: Translator) -> list[Line]:
    return [Line(label=t("alerts.message.link"), value=url)] if url else []


def _body(lines: Iterable[Line], t: Translator) -> str:
    return "\n".join(t("alerts.message.line", label=line.label, value=line.value) for line in lines)
