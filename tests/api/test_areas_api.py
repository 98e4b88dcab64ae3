"""Areas, for programs that enter assets and checkpoints."""

from collections.abc import Callable

import httpx

from assets.models import Site
from tests.cast import Cast, Member


def test_an_administrator_keeps_the_areas_and_the_others_read_them(
    cast: Cast, wutong: Site, signed_in: Callable[[Member], httpx.Client]
) -> None:
    admin, wang = signed_in(cast.admin), signed_in(cast.wang)
    created = admin.post("/api/v1/sites/wutong/areas", json={"slug": "east", "name": "东门", "key_area": True}).json()
    changed = admin.put(f"/api/v1/sites/wutong/areas/{created['id']}", json={"name": "东大门", "key_area": True}).json()
    assert changed == {"id": created["id"], "slug": "east", "name": "东大门", "key_area": True}
    assert wang.get("/api/v1/sites/wutong/areas").json()["items"] == [changed]
    assert wang.post("/api/v1/sites/wutong/areas", json={"slug": "west", "name": "西门"}).status_code == 403
