"""Mappings as forms without a script send them, and what the pages say of what is wrong."""

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape

import httpx
import pytest

from assets.models import Site
from ingest.mappings import edit
from ingest.mappings.edit import MappingFacts, RuleFacts
from ingest.mappings.heard import Heard
from ingest.queries import mappings as queries
from people.models import SYSTEM
from store.db import Database
from tests.cast import Cast, Member
from tests.ledger import Ledger

SignedIn = Callable[[Member], httpx.Client]
PAGE = "/s/wutong/mappings"
PROBES = {"name": "Probes", "slug": "acme", "topic_filter": "acme/+/up", "device_from": "topic.2", "time_form": "text"}
DEPTH = {"source": "probe.distance", "target": "measure:depth", "factor": "-1000", "addend": "2500", "words": ""}
MESSAGE = b'{"probe": {"distance": 0.8}, "rssi": -71}'


@pytest.fixture
def zhao(signed_in: SignedIn, cast: Cast) -> httpx.Client:
    """The engineer's browser, which sends no header: only what forms hold."""
    browser = signed_in(cast.zhao)
    del browser.headers["x-csrf-token"]
    return browser


@pytest.fixture
def stray(db: Database, wutong: Site, now: datetime) -> None:
    """A message at wutong that no format reads."""
    with db.transaction() as conn:
        conn.execute(
            """INSERT INTO rejected_message (site_id, topic, reason, detail_key, facts, payload, payload_bytes, count, first_at, last_at)
               VALUES (%s, 'gatehouse/v1/wutong/raw/acme/P-7/up', 'topic', 'no_format', '{}', %s, 40, 1, %s, %s)""",
            (wutong.id, MESSAGE, now, now),
        )


def mapped(db: Database, site: Site, now: datetime, **facts: object) -> int:
    with db.transaction() as conn:
        chosen = MappingFacts(**{**PROBES, **facts})
        rules = [RuleFacts(**DEPTH)]
        return edit.create_mapping(conn, SYSTEM, now=now, site_id=site.id, facts=chosen, rules=rules, direct=True).id


def send(browser: httpx.Client, path: str, **fields: str) -> httpx.Response:
    page = browser.get(path.removesuffix("/preview").removesuffix("/delete") if "/new" not in path else path)
    token = re.search(r'name="csrf_token" value="([^"]*)"', page.text)
    assert token is not None
    return browser.post(path, data={"csrf_token": token[1], **fields})


def said(page: httpx.Response) -> str:
    """With plain spaces."""
    return unescape(page.text).replace("\xa0", " ").replace("\u202f", " ")


def errors(page: httpx.Response) -> list[str]:
    return [unescape(text) for text in re.findall(r'gh-field-error".*?<span>(.*?)</span>', page.text, re.DOTALL)]


def test_what_nobody_reads_is_offered_with_a_filter_and_its_fields(zhao: httpx.Client, stray: None) -> None:
    assert "new?topic=acme/P-7/up" in zhao.get(PAGE).text
    assert "mappings/new?topic=gatehouse/v1/wutong/raw/acme/P-7/up" in zhao.get("/s/wutong/rejected").text
    assert 'value="acme/+/up"' in zhao.get(f"{PAGE}/new?topic=gatehouse/v1/wutong/raw/acme/P-7/up").text
    page = zhao.get(f"{PAGE}/new?topic=acme/P-7/up").text
    assert 'value="acme/+/up"' in page
    assert 'value="topic.2"' in page
    assert 'data-use-field="probe.distance"' in page


def test_a_mapping_is_entered_changed_and_deleted(zhao: httpx.Client, stray: None, db: Database, wutong: Site) -> None:
    saved = send(zhao, f"{PAGE}/new", **PROBES, **DEPTH)
    assert saved.status_code == 303
    with db.transaction() as conn:
        [mapping] = queries.list_mappings(conn, site_ids=[wutong.id])
        [rule] = queries.list_rules(conn, site_ids=[wutong.id])
    assert (mapping.slug, mapping.topic_filter, rule.factor, rule.addend) == ("acme", "acme/+/up", -1000, 2500)
    listed = zhao.get(PAGE).text
    assert "1 rule" in listed
    assert "new?topic=" not in listed  # it is read now

    here = f"{PAGE}/{mapping.id}"
    assert 'value="-1000"' in zhao.get(here).text
    assert send(zhao, here, **PROBES | {"name": "Level probes"}).status_code == 303
    with db.transaction() as conn:
        assert queries.list_rules(conn, site_ids=[wutong.id]) == []
    assert send(zhao, f"{here}/delete").status_code == 303
    assert "No mappings yet" in zhao.get(PAGE).text


def test_the_preview_shows_what_comes_of_the_last_messages(zhao: httpx.Client, db: Database, wutong: Site, now: datetime) -> None:
    mapping_id = mapped(db, wutong, now)
    with db.transaction() as conn:
        queries.add_heard(conn, [Heard(mapping_id, 0, "gatehouse/v1/wutong/raw/acme/P-9/up", MESSAGE, now)])
    here = f"{PAGE}/{mapping_id}"
    assert "1,700 mm" in said(zhao.get(here))
    token = re.search(r'name="csrf_token" value="([^"]*)"', zhao.get(here).text)
    assert token is not None

    def preview(**fields: str) -> str:
        typed = {"csrf_token": token[1], "mapping_id": str(mapping_id), **PROBES, **DEPTH, **fields}
        return said(zhao.post(f"{PAGE}/preview", data=typed))

    assert "1,900 mm" in preview(addend="2700")
    assert "acme:P-9" in preview()
    assert "Enter a number" in preview(factor="much")
    assert "Say first" not in preview(factor="much")
    assert "says nothing of any device" in preview(topic_filter="acme/+/#", try_topic="acme/P-1/x")
    assert "Would be rejected" in preview(addend="90000")
    assert "lacks the field at" in preview(time_from="at")
    assert "Say first where the device id stands" in preview(device_from="")
    assert "No message of these topics" in preview(topic_filter="other/+/up")
    tried = preview(
        topic_filter="other/+/up", try_topic="gatehouse/v1/wutong/raw/other/7/up", try_payload='{"probe": {"distance": 1}}'
    )
    assert "1,500 mm" in tried


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"slug": "chirpstack"}, "is the name of a format"),
        ({"slug": "two words"}, ""),
        ({"topic_filter": "acme/#/up"}, "valid MQTT topic"),
        ({"topic_filter": "application/+/device/+/event/up"}, "read by the format"),
        ({"device_from": "topic.1"}, "no such level"),
        ({"factor": "0"}, "cannot be 0"),
        ({"target": "measure:nothing"}, ""),
        ({"source": ""}, ""),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_kept(
    zhao: httpx.Client, db: Database, wutong: Site, fields: dict[str, str], why: str
) -> None:
    page = send(zhao, f"{PAGE}/new", **PROBES | DEPTH | fields)
    assert page.status_code == 422
    [error] = errors(page)
    assert why in error
    for name, value in (PROBES | DEPTH | fields).items():
        assert name == "target" or value in unescape(page.text)
    with db.transaction() as conn:
        assert queries.list_mappings(conn, site_ids=[wutong.id]) == []


def test_topics_without_a_site_are_for_administrators(
    zhao: httpx.Client, signed_in: SignedIn, cast: Cast, db: Database, wutong: Site, now: datetime
) -> None:
    assert 'name="direct"' not in zhao.get(f"{PAGE}/new").text
    assert send(zhao, f"{PAGE}/new", **PROBES, direct="1").status_code == 403
    mapping_id = mapped(db, wutong, now, direct=True)
    here = f"{PAGE}/{mapping_id}"
    assert send(zhao, here, **PROBES | {"name": "Other", "direct": "1"}).status_code == 303
    page = send(zhao, here, **PROBES | {"topic_filter": "acme/#", "direct": "1"})
    assert page.status_code == 422
    assert "Only an administrator may change which topics" in page.text
    assert 'name="direct"' in signed_in(cast.admin).get(f"{PAGE}/new").text


def test_a_stray_topic_leads_to_a_mapping_that_reads_it(
    zhao: httpx.Client, signed_in: SignedIn, cast: Cast, db: Database, now: datetime
) -> None:
    with db.transaction() as conn:
        conn.execute(
            """INSERT INTO rejected_message (site_id, topic, reason, detail_key, facts, payload, payload_bytes, count, first_at, last_at)
               VALUES (NULL, 'acme/P-7/up', 'topic', 'no_format', '{}', %s, 40, 1, %s, %s)""",
            (MESSAGE, now, now),
        )
    assert "acme/P-7/up" not in zhao.get(PAGE).text
    admin = signed_in(cast.admin)
    del admin.headers["x-csrf-token"]
    assert "new?topic=acme/P-7/up&amp;direct=1" in admin.get(PAGE).text
    page = admin.get(f"{PAGE}/new?topic=acme/P-7/up&direct=1").text
    assert re.search(r'name="direct"[^>]* checked', page)
    token = re.search(r'name="csrf_token" value="([^"]*)"', page)
    assert token is not None
    typed = {"csrf_token": token[1], **PROBES, **DEPTH}
    assert "1,700 mm" in said(admin.post(f"{PAGE}/preview", data={**typed, "direct": "1"}))
    # Below the site's own topics nothing came.
    assert "No message of these topics" in said(admin.post(f"{PAGE}/preview", data=typed))


def test_a_mapping_that_devices_need_is_not_deleted(
    zhao: httpx.Client, db: Database, wutong: Site, now: datetime, ledger: Ledger
) -> None:
    mapping_id = mapped(db, wutong, now)
    with db.transaction() as conn:
        conn.execute("UPDATE device SET address = 'acme:P-7' WHERE site_id = %s AND slug = 'dz-01'", (wutong.id,))
    page = send(zhao, f"{PAGE}/{mapping_id}/delete")
    assert page.status_code == 422
    assert "Retire them" in page.text


def test_fields_of_a_device_become_measures(zhao: httpx.Client, db: Database, wutong: Site, now: datetime, ledger: Ledger) -> None:
    with db.transaction() as conn:
        conn.execute(
            "INSERT INTO device_unmapped (site_id, device_id, name, value, first_at, last_at) VALUES (%s, %s, 'temp_f', '86', %s, %s)",
            (wutong.id, ledger.device.id, now, now),
        )
    here = "/s/wutong/devices/dz-01"
    assert f"{here}/fields" in zhao.get(here).text
    celsius = {"source": "temp_f", "target": "measure:motor_temp", "factor": "0.5556", "addend": "-17.78", "words": ""}
    assert send(zhao, f"{here}/fields", alone="1", **celsius).status_code == 303
    assert "Motor temperature" in zhao.get(here).text
    shown = said(zhao.get(f"{here}/fields?alone=1"))
    assert 'value="0.5556"' in shown
    assert "30 °C" in shown
    assert 'value="0.5556"' not in zhao.get(f"{here}/fields").text  # of all others nothing was said
    refused = send(zhao, f"{here}/fields", alone="1", **celsius | {"addend": "cold"})
    assert errors(refused) == ["Enter a number, like 0.1 or -1000."]


def test_rules_for_all_of_a_format_are_kept_though_the_device_at_hand_is_of_another_kind(
    zhao: httpx.Client, db: Database, wutong: Site, now: datetime, ledger: Ledger
) -> None:
    """And what is said of it alone is shown beside what is said of all."""
    with db.transaction() as conn:
        conn.execute(
            """INSERT INTO device_unmapped (site_id, device_id, name, value, first_at, last_at)
               VALUES (%(site)s, %(device)s, 'd', '0.8', %(now)s, %(now)s), (%(site)s, %(device)s, 't', '30', %(now)s, %(now)s)""",
            {"site": wutong.id, "device": ledger.device.id, "now": now},
        )
    here = "/s/wutong/devices/dz-01/fields"
    both = {"source": ["d", "t"], "target": ["measure:depth", "measure:motor_temp"]}
    page = zhao.get(here)
    token = re.search(r'name="csrf_token" value="([^"]*)"', page.text)
    assert token is not None
    assert zhao.post(here, data={"csrf_token": token[1], "alone": "0", **both}).status_code == 303
    page = zhao.get(here)
    assert page.text.count(" selected>") == 2
    assert "30 °C" in said(page)
    assert "0.8 mm" not in said(page)  # a gate has no depth
    warmer = {"source": "t", "target": "measure:motor_temp", "addend": "5"}
    beside = said(zhao.post(f"{here}/preview", data={"csrf_token": token[1], "alone": "1", **warmer}))
    assert "35 °C" in beside
    assert "30 °C" not in beside
    assert "30 °C" in said(zhao.post(f"{here}/preview", data={"csrf_token": token[1], "alone": "1"}))


@pytest.mark.parametrize("who", ["li", "wang"])
def test_guards_and_leaders_see_no_mappings(signed_in: SignedIn, cast: Cast, who: str) -> None:
    assert signed_in(getattr(cast, who)).get(PAGE).status_code == 403
