"""Mappings and rules of fields by a program."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from assets.models import Site
from store.db import Database
from tests.cast import Cast, Member
from tests.ledger import Ledger

SignedIn = Callable[[Member], httpx.Client]
MAPPINGS = "/api/v1/sites/wutong/mappings"
FIELDS = "/api/v1/sites/wutong/devices/dz-01/field-rules"
DEPTH = {"source": "probe.distance", "target": "measure:depth", "factor": -1000, "addend": 2500, "words": ""}
PROBES: dict[str, Any] = {
    "slug": "acme",
    "name": "Probes",
    "topic_filter": "acme/+/up",
    "direct": False,
    "entries_from": "",
    "device_from": "topic.2",
    "time_from": "at",
    "time_form": "seconds",
    "rules": [DEPTH],
}


def without_slug(**more: Any) -> dict[str, Any]:
    return {name: value for name, value in (PROBES | more).items() if name != "slug"}


def test_a_mapping_lives_and_ends(signed_in: SignedIn, cast: Cast) -> None:
    zhao = signed_in(cast.zhao)
    created = zhao.post(MAPPINGS, json=PROBES)
    assert created.status_code == 201
    here = f"{MAPPINGS}/{created.json()['id']}"
    assert created.json() == PROBES | {"id": created.json()["id"]} == zhao.get(here).json()
    assert zhao.get(MAPPINGS).json()["items"] == [created.json()]

    changed = zhao.put(here, json=without_slug(name="Level probes", rules=[]))
    assert changed.json() == created.json() | {"name": "Level probes", "rules": []}
    assert zhao.delete(here).status_code == 204
    assert zhao.get(here).status_code == 404


def test_who_may_not(signed_in: SignedIn, cast: Cast, ledger: Ledger) -> None:
    mapping_id = signed_in(cast.chen).post(MAPPINGS, json=PROBES).json()["id"]
    here = f"{MAPPINGS}/{mapping_id}"

    def answers(member: Member) -> list[int]:
        program = signed_in(member)
        asked = [
            program.get(MAPPINGS),
            program.get(here),
            program.get(FIELDS),
            program.post(MAPPINGS, json=PROBES | {"slug": "other", "topic_filter": "other/+/up"}),
            program.put(here, json=without_slug()),
            program.put(FIELDS, json={"alone": []}),
            program.delete(here),
        ]
        return [answer.status_code for answer in asked]

    assert answers(cast.wang) == answers(cast.li) == [403] * 7
    assert answers(cast.liu) == [200] * 3 + [403] * 4  # of the region: reads
    assert answers(cast.sun) == [404] * 7  # of another site
    elsewhere = f"/api/v1/sites/jinxiu/mappings/{mapping_id}"
    assert [signed_in(cast.sun).request(method, elsewhere).status_code for method in ("GET", "DELETE")] == [404, 404]
    assert answers(cast.zhao) == [200] * 3 + [201, 200, 200, 204]


def test_devices_are_registered_by_it_and_keep_it(signed_in: SignedIn, cast: Cast) -> None:
    zhao = signed_in(cast.zhao)
    probe = {"slug": "sump-7", "kind": "drainage", "name": "Sump", "address": "acme:P-7"}
    assert zhao.post("/api/v1/sites/wutong/devices", json=probe).json()["code"] == "device_address_form"
    mapping_id = zhao.post(MAPPINGS, json=PROBES).json()["id"]
    assert zhao.post("/api/v1/sites/wutong/devices/batch", json=[probe]).status_code == 201
    renamed = {"name": "Sump 7", "address": "acme:P-8"}
    assert zhao.put("/api/v1/sites/wutong/devices/sump-7", json=renamed).json()["address"] == "acme:P-8"
    refused = zhao.delete(f"{MAPPINGS}/{mapping_id}")
    assert (refused.status_code, refused.json()["code"]) == (409, "mapping_in_use")


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"device_from": ""}, 422, "device_from"),
        ({"topic_filter": "acme/#/up"}, 422, "topic_filter"),
        ({"rules": [DEPTH, DEPTH | {"factor": 0}]}, 422, "rules.1.factor"),
        ({"rules": [DEPTH | {"target": "measure:nothing"}]}, 422, "rules.0.target"),
        ({"rules": [DEPTH | {"factor": "much"}]}, 422, "rules.0.factor"),
        ({"time_form": "days"}, 422, "time_form"),
        ({"unknown": 1}, 422, "unknown"),
        ({"slug": "chirpstack"}, 409, "slug"),
        ({"topic_filter": "tele/+/SENSOR"}, 409, "topic_filter"),
        ({"direct": True}, 403, None),
    ],
)
def test_what_is_wrong_is_named(signed_in: SignedIn, cast: Cast, change: dict[str, Any], status: int, field: str | None) -> None:
    refused = signed_in(cast.zhao).post(MAPPINGS, json=PROBES | change)
    assert refused.status_code == status
    assert refused.json().get("field") == field
    assert signed_in(cast.zhao).get(MAPPINGS).json()["items"] == []


def test_an_administrator_may_read_topics_that_name_no_site(signed_in: SignedIn, cast: Cast) -> None:
    created = signed_in(cast.admin).post(MAPPINGS, json=PROBES | {"direct": True}).json()
    assert created["direct"]
    zhao, here = signed_in(cast.zhao), f"{MAPPINGS}/{created['id']}"
    assert zhao.put(here, json=without_slug(direct=True, rules=[])).json()["rules"] == []
    assert zhao.put(here, json=without_slug(direct=True, topic_filter="acme/#")).status_code == 422
    assert zhao.get(here).json()["topic_filter"] == "acme/+/up"


def test_rules_of_a_device_alone_and_of_its_format(
    signed_in: SignedIn, cast: Cast, ledger: Ledger, db: Database, wutong: Site
) -> None:
    zhao = signed_in(cast.zhao)
    assert zhao.get(FIELDS).json() == {"format": "native", "of_format": [], "alone": []}
    celsius = {"source": "temp_f", "target": "measure:motor_temp", "factor": 0.5556, "addend": -17.78, "words": ""}
    assert zhao.put(FIELDS, json={"of_format": [celsius]}).json()["of_format"] == [celsius]
    own = celsius | {"addend": -18}
    assert zhao.put(FIELDS, json={"alone": [own]}).json() == {"format": "native", "of_format": [celsius], "alone": [own]}
    refused = zhao.put(FIELDS, json={"of_format": [], "alone": [own, own]})
    assert refused.json()["field"] == "rules.1.target"
    assert zhao.get(FIELDS).json()["of_format"] == [celsius]  # all of it or nothing
    assert zhao.put(FIELDS.replace("dz-01", "dz-99"), json={}).status_code == 404
