"""Asks the rules what is wrong, and opens, updates and clears alerts accordingly.

- One alert for each rule and subject while it holds: a unique index decides, not the engine.
- Each is told once when it opens and once when it is resolved, by rows of the outbox in the same transaction.
- A person may close an alert while its condition holds. The alert then stays closed until the condition has ended, or
  until the rule finds another occurrence of it (another missed round, another fault): that is a new alert.
- When nothing is known at the moment (after a restart of ours), an alert stays as it is.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import psycopg

from alerts.models import AlertKey, Finding, HeldAlert, Rule
from alerts.queries import engine as queries
from alerts.queries import outbox
from alerts.rules import all_rules
from core.logs import get_logger
from store.db import Connection
from store.notify import Change, notify

log = get_logger(__name__)


def evaluate(conn: Connection, now: datetime, rules: Collection[Rule] | None = None) -> int:
    """Bring the alerts of all sites up to date; how many were opened or cleared. Safe to run twice at the same time.

    `rules`: those to ask, in the order of their slugs so that two engines do not wait for each other; None: all.
    """
    changed = 0
    for rule in all_rules().values() if rules is None else rules:
        try:
            with conn.transaction():
                changed += _evaluate_rule(conn, rule, now)
        except psycopg.OperationalError:
            raise
        except Exception:
            # A fault in one rule must not silence the others.
            log.exception("rule_failed", rule=rule.slug)
    return changed


def _evaluate_rule(conn: Connection, rule: Rule, now: datetime) -> int:
    queries.lock_rule(conn, rule=rule.slug)  # else a slower engine could reopen, from what it read before, what another cleared
    held = {alert.key: alert for alert in queries.list_held(conn, rule=rule.slug)}
    found = {finding.key: finding for finding in rule.findings(conn, now)}
    lost = [alert for key, alert in held.items() if key not in found]
    undecided = rule.undecided(conn, lost) if lost else frozenset()
    over = [alert for alert in lost if alert.key not in undecided]
    renewed = [alert for key, alert in held.items() if key in found and _is_closed_and_new(alert, found[key])]
    cleared = _clear(conn, [*over, *renewed], now)
    _update(conn, rule, [(alert, found[key]) for key, alert in held.items() if key in found], now)
    again = {alert.key for alert in renewed}
    opened = _open(conn, rule, [finding for key, finding in found.items() if key not in held or key in again], now)
    if opened or cleared:
        log.info("alerts_changed", rule=rule.slug, opened=opened, cleared=cleared)
    return opened + cleared


def _is_closed_and_new(alert: HeldAlert, finding: Finding) -> bool:
    return alert.resolved_at is not None and alert.occurrence != finding.occurrence


def _clear(conn: Connection, alerts: Sequence[HeldAlert], now: datetime) -> int:
    if not alerts:
        return 0
    keys = [AlertKey(site_id=alert.site_id, id=alert.id) for alert in alerts]
    resolved = queries.clear_alerts(conn, keys=keys, now=now)
    queries.add_engine_entries(conn, keys=keys, action="cleared", now=now)
    _announce(conn, keys, queued=outbox.queue_resolved(conn, keys=resolved, now=now))
    return len(keys)


def _update(conn: Connection, rule: Rule, pairs: Sequence[tuple[HeldAlert, Finding]], now: datetime) -> None:
    changed = [(alert, finding) for alert, finding in pairs if alert.resolved_at is None and _differs(rule, alert, finding)]
    if not changed:
        return
    updated = queries.update_alerts(conn, rule=rule.slug, severity=rule.severity, findings=[finding for _, finding in changed])
    news = {alert.id for alert, finding in changed if alert.occurrence != finding.occurrence}
    queries.add_engine_entries(conn, keys=[key for key in updated if key.id in news], action="updated", now=now)
    _announce(conn, updated, queued=0)


def _differs(rule: Rule, alert: HeldAlert, finding: Finding) -> bool:
    return (alert.facts, alert.occurrence, alert.subject_name, alert.place, alert.severity) != (
        finding.facts,
        finding.occurrence,
        finding.subject_name,
        finding.place,
        finding.severity or rule.severity,
    )


def _open(conn: Connection, rule: Rule, findings: Sequence[Finding], now: datetime) -> int:
    if not findings:
        return 0
    keys = queries.open_alerts(conn, rule=rule.slug, severity=rule.severity, findings=findings, now=now)
    queries.add_engine_entries(conn, keys=keys, action="opened", now=now)
    _announce(conn, keys, queued=outbox.queue_opened(conn, keys=keys, now=now))
    return len(keys)


def _announce(conn: Connection, keys: Sequence[AlertKey], *, queued: int) -> None:
    for site_id in sorted({key.site_id for key in keys}):
        notify(conn, Change(topic="alert", site_id=site_id))
    if queued:
        notify(conn, Change(topic="outbox"))
