"""Many devices registered at once by a program."""

from collections.abc import Callable
from typing import Any

import httpx

from assets.models import Site
from assets.queries.devices import list_devices
from store.db import Database
from tests.cast import Cast, Member
from tests.ledger import Ledger

BATCH = "/api/v1/sites/wutong/devices/batch"


def camera(number: int, **more: Any) -> dict[str, Any]:
    return {"slug": f"cam-{number}", "kind": "cctv", "name": f"{number} 号摄像机", **more}


def test_all_of_them_or_none_with_what_is_wrong_with_each(
    signed_in: Callable[[Member], httpx.Client], cast: Cast, db: Database, wutong: Site, ledger: Ledger
) -> None:
    zhao = signed_in(cast.zhao)
    good = [camera(1, asset_id=ledger.switch.id), camera(2, new_asset={"code": "SX-02", "name": "大堂", "category": "cctv"})]
    bad = [camera(1), camera(3, address="nonsense"), camera(4, new_asset={"code": "WL-01", "name": "大堂", "category": "cctv"})]
    refused = zhao.post(BATCH, json=[*good, *bad])
    assert (refused.status_code, refused.json()["code"]) == (422, "rows_invalid")
    assert refused.json()["detail"] == "3 devices of the list cannot be registered, so none was."
    errors = {error["field"]: error["detail"] for error in refused.json()["errors"]}
    assert errors.keys() == {"2.slug", "3.address", "4.new_asset.code"}
    assert errors["2.slug"] == "Row 0 has the same."
    with db.transaction() as conn:
        assert [device.slug for device in list_devices(conn, wutong.id)] == ["dz-01"]

    registered = zhao.post(BATCH, json=good)
    assert registered.status_code == 201
    assert [device["slug"] for device in registered.json()] == ["cam-1", "cam-2"]
    assert registered.json()[0]["asset_id"] == ledger.switch.id
    for wrong in ([], [camera(n) for n in range(2001)], camera(9)):
        assert zhao.post(BATCH, json=wrong).status_code == 422
