"""What counts as an alert, and how it is said."""

import string
from datetime import datetime, timedelta

import pytest

from alerts.models import Finding, Rule
from alerts.queries.findings import list_ill_devices
from alerts.rules import all_rules
from alerts.words import Words
from assets.devices import retire_device
from assets.models import Device, Site
from core.i18n import LANGUAGES, Language
from ingest.model import Status
from patrol.close_rounds import close_rounds
from people.models import SYSTEM
from store.db import Connection, Database
from tests.alerts.world import add_device, set_status
from tests.cast import Cast
from tests.patrol.ground import Ground, lay_out, type_code

MINUTE = timedelta(minutes=1)


def found(conn: Connection, now: datetime, *rules: str) -> list[Finding]:
    return [finding for slug in rules or all_rules() for finding in all_rules()[slug].findings(conn, now)]


def said(finding: Finding, rule: str, site: Site, language: Language = "zh") -> dict[str, str]:
    words = Words(language=language, zone=site.zone)
    return {line.label: line.value for line in all_rules()[rule].lines(finding.facts, words)}


@pytest.mark.parametrize("rule", all_rules().values(), ids=all_rules().keys())
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rule_has_its_sentences_in_both_languages(rule: Rule, language: Language) -> None:
    for text in (rule.headline, rule.headline_over):
        names = {name for _, name, _, _ in string.Formatter().parse(text.in_(language)) if name}
        assert "subject" in names <= {"subject", "brief"}


@pytest.mark.parametrize("status", ["online", "degraded", "stale", "unknown"])
def test_what_is_not_surely_broken_is_no_alert(db: Database, wutong: Site, gate: Device, now: datetime, status: Status) -> None:
    with db.transaction() as conn:
        set_status(conn, wutong, gate, status, now)
        assert found(conn, now) == []


def test_an_offline_device_is_told_with_place_reason_and_when_it_was_last_heard(
    db: Database, wutong: Site, gate: Device, now: datetime
) -> None:
    with db.transaction() as conn:
        set_status(conn, wutong, gate, "offline", now, reason="will")
        conn.execute("UPDATE device_state SET last_seen_at = %s", (now - 2 * MINUTE,))
        (finding,) = found(conn, now)
    assert (finding.site_id, finding.subject, finding.subject_name) == (wutong.id, f"device:{gate.id}", "南门道闸")
    assert (finding.place, finding.since) == ("南门岗亭", now)
    assert said(finding, "device_offline", wutong) == {"设备类型": "道闸", "原因": "设备连接断开", "最近上报": "2026-11-22 11:58"}
    assert said(finding, "device_offline", wutong, "en")["Last heard"] == "22 Nov 2026, 11:58"


def test_a_device_without_asset_or_area_has_no_place(db: Database, wutong: Site, now: datetime) -> None:
    with db.transaction() as conn:
        loose = add_device(conn, wutong, now, "loose", area=None)
        set_status(conn, wutong, loose, "offline", now)
        assert [finding.place for finding in found(conn, now)] == [""]


def test_a_fault_is_told_by_its_names(db: Database, wutong: Site, gate: Device, now: datetime) -> None:
    with db.transaction() as conn:
        set_status(conn, wutong, gate, "fault", now, faults=["power_loss", "motor_stall", "retired_fault"])
        (finding,) = found(conn, now)
    assert finding.severity is None
    assert said(finding, "device_fault", wutong)["故障"] == "电机堵转、市电断电、retired_fault"


def test_an_overflow_is_critical(db: Database, wutong: Site, now: datetime) -> None:
    with db.transaction() as conn:
        pit = add_device(conn, wutong, now, "pit", name="1号集水井", kind="drainage")
        set_status(conn, wutong, pit, "fault", now, faults=["overflow"])
        assert [finding.severity for finding in found(conn, now)] == ["critical"]


def test_a_retired_device_is_no_alert(db: Database, wutong: Site, gate: Device, now: datetime) -> None:
    with db.transaction() as conn:
        set_status(conn, wutong, gate, "offline", now)
        retire_device(conn, SYSTEM, now=now, site_id=wutong.id, device_id=gate.id)
        assert found(conn, now) == []


def test_the_ill_are_found_by_an_index_and_not_by_looking_at_every_device(db: Database, wutong: Site, now: datetime) -> None:
    with db.transaction() as conn:
        conn.execute(
            "INSERT INTO device (site_id, slug, kind, name, registered_at)"
            " SELECT %s, 'd' || n, 'cctv', 'd' || n, %s FROM generate_series(1, 5000) n",
            (wutong.id, now),
        )
        conn.execute("UPDATE device_state SET status = CASE WHEN device_id % 500 = 0 THEN 'offline' ELSE 'online' END")
    with db.connect() as conn:
        conn.execute("ANALYZE device_state, device")
        assert len(list_ill_devices(conn, status="offline")) == 10
        conn.execute("SELECT pg_stat_force_next_flush()")
        scans = conn.execute("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'device_state_ill'").fetchone()
    assert scans == (1,)


class TestRoundMissed:
    def test_the_latest_round_missed_is_told_with_what_was_not_seen(
        self, db: Database, ground: Ground, cast: Cast, now: datetime
    ) -> None:
        with db.transaction() as conn:
            type_code(conn, cast.wang.actor, ground.site, ground.codes[0], now + MINUTE)
            close_rounds(conn, now + 70 * MINUTE)
            (finding,) = found(conn, now + 70 * MINUTE)
        assert (finding.subject, finding.subject_name, finding.place) == (f"plan:{ground.plan.id}", "每小时巡查", "外围路线")
        assert finding.since == now + 60 * MINUTE
        assert said(finding, "round_missed", ground.site) == {"班次": "11月22日 12:00–13:00", "未到点位": "地下车库、水泵房"}

    def test_a_night_without_patrols_is_one_alert_that_counts(self, db: Database, ground: Ground, now: datetime) -> None:
        with db.transaction() as conn:
            close_rounds(conn, now + 70 * MINUTE)
            (first,) = found(conn, now)
            close_rounds(conn, now + 200 * MINUTE)
            (third,) = found(conn, now)
        assert third.key == first.key
        assert third.since == first.since == now + 60 * MINUTE
        assert third.occurrence != first.occurrence
        assert said(third, "round_missed", ground.site)["漏巡"] == "连续 3 个班次"

    def test_it_is_over_when_the_next_round_is_verified(self, db: Database, ground: Ground, cast: Cast, now: datetime) -> None:
        with db.transaction() as conn:
            close_rounds(conn, now + 70 * MINUTE)
            for code in ground.codes:
                type_code(conn, cast.wang.actor, ground.site, code, now + 80 * MINUTE)
            close_rounds(conn, now + 130 * MINUTE)
            assert found(conn, now) == []

    def test_a_missed_key_area_is_worse(self, db: Database, ground: Ground, now: datetime) -> None:
        with db.transaction() as conn:
            close_rounds(conn, now + 70 * MINUTE)
            assert [finding.severity for finding in found(conn, now)] == [None]
            conn.execute(
                "WITH a AS (INSERT INTO area (site_id, slug, name, key_area) VALUES (%s, 'pump', '水泵房', true) RETURNING id)"
                " UPDATE checkpoint SET area_id = a.id FROM a WHERE checkpoint.id = %s",
                (ground.site.id, ground.checkpoints[2].id),
            )
            assert [finding.severity for finding in found(conn, now)] == ["major"]

    def test_many_unseen_checkpoints_are_counted_and_some_named(
        self, db: Database, cast: Cast, wutong: Site, now: datetime
    ) -> None:
        with db.transaction() as conn:
            ground = lay_out(conn, cast.chen.actor, wutong, now, names=tuple(f"{n}号楼" for n in range(1, 9)))
            close_rounds(conn, now + 70 * MINUTE)
            (finding,) = found(conn, now)
        assert said(finding, "round_missed", ground.site)["未到点位"] == "1号楼、2号楼、3号楼、4号楼、5号楼等 8/8 个"
