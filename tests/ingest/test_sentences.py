"""What was wrong with a message is told in the reader's language, whatever the facts are."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from core.i18n import Language
from ingest.model import MAX_FACT, RejectedError, shown
from ingest.sentences import WHOLE, sentence

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "english", "chinese"),
    [
        (
            RejectedError("out_of_range", "range", where="level", low=0.0, high=200.0, unit="%", found=shown(940)),
            "level must be from 0 to 200 %, not 940",
            "level 应在 0 到 200 % 之间，而不是 940",
        ),
        (
            RejectedError("out_of_range", "range", where="cycles", low=0, high=100_000_000, unit="", found=shown(-1)),
            "cycles must be from 0 to 100000000, not -1",
            "cycles 应在 0 到 100000000 之间，而不是 -1",
        ),
        (
            RejectedError("not_object", "expected", where=WHOLE, expected="object", found="array"),
            "the message must be an object, not an array",
            "报文应为对象，而不是数组",
        ),
        (
            RejectedError("wrong_type", "expected", where="name", expected="str | null", found=shown("数组 array")),
            'name must be a text or null, not "数组 array"',
            'name 应为文本或 null，而不是 "数组 array"',
        ),
        (
            RejectedError("wrong_type", "expected", where="device", expected="float", found=shown("object")),
            'device must be a number, not "object"',
            'device 应为数字，而不是 "object"',
        ),
        (
            RejectedError("bad_time", "expected", where="ts", expected="datetime", found=shown(None)),
            "ts must be an ISO 8601 text or epoch milliseconds, not null",
            "ts 应为 ISO 8601 文本或毫秒时间戳，而不是 null",
        ),
        (
            RejectedError("unknown_event", "unknown", kind="cctv", what="event", found=shown("party"), known="motion, intrusion"),
            'cctv has no event "party"; it has motion, intrusion',
            'cctv 没有事件 "party"；可用的有 motion, intrusion',
        ),
        (
            RejectedError("time_too_old", "time_too_old", at=NOON, age=timedelta(days=30, minutes=1), most=timedelta(days=7)),
            "2026-11-22T04:00:00.000Z is 30 days old; at most 7 days is taken",
            "2026-11-22T04:00:00.000Z 是 30 天前的，最多允许 7 天",
        ),
        (
            RejectedError("time_ahead", "time_ahead", at=NOON, ahead=timedelta(hours=3), most=timedelta(seconds=90)),
            "2026-11-22T04:00:00.000Z is 3 hours ahead; at most 90 s is taken",
            "2026-11-22T04:00:00.000Z 比当前晚 3 小时，最多允许 90 秒",
        ),
        (
            RejectedError("not_json", "malformed", byte=3, problem="expected ',' or '}'"),
            "malformed JSON at byte 3: expected a comma or a closing brace",
            "JSON 第 3 字节处有误：此处应为逗号或右花括号",
        ),
        (
            RejectedError("database", "database", text="value out of range: {0} {text}"),
            "the database says: value out of range: {0} {text}",
            "数据库提示：value out of range: {0} {text}",
        ),
    ],
)
def test_the_same_facts_in_both_languages(error: RejectedError, english: str, chinese: str) -> None:
    assert sentence(error.key, error.facts, "en") == english
    assert sentence(error.key, error.facts, "zh") == chinese


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\0b\ud800", "a\\x00b\\ud800"),
        ("x" * 10_000, "x" * (MAX_FACT - 1) + "…"),
        (200.0, "200"),
        (0.1 + 0.2, "0.3"),
        (65_536, "65536"),
        (10**4000, "huge_integer"),
        ({"secret": 1}, "object"),
        (timedelta(days=6), "P6D"),
        (datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=8))), "2026-11-22T12:00:00.000+08:00"),
    ],
)
def test_facts_are_short_printable_texts(given: object, kept: str) -> None:
    assert RejectedError("internal", "defect", error=given).facts == {"error": kept}


def test_a_log_says_it_in_english() -> None:
    error = RejectedError("too_large", "too_large", most=65_536)

    assert str(error) == "too_large: the message has more than 65536 bytes"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_another_version_wrote_can_still_be_read(language: Language) -> None:
    assert sentence("moon", {"phase": "full", "day": "3"}, language) == "moon: phase=full, day=3"
    assert "…" in sentence("missing", {"where": "$"}, language)
    assert "soon" in sentence("time_ahead", {"at": "soon", "ahead": "a while", "most": "?"}, language)
    assert sentence("text", {"text": 'level is 940, not "x"'}, language) == 'level is 940, not "x"'
