"""Behind a proxy, people are told apart by the address that a proxy of ours says they have."""

import httpx
import pytest

from core.clock import Clock
from core.settings import load_settings
from gatehouse.part_web import listen_http, web
from gatehouse.parts import base
from store.db import Database


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        ({}, "203.0.113.9", "203.0.113.9"),
        ({}, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ({"GATEHOUSE_HTTP_PROXIES": "192.0.2.0/24,127.0.0.1"}, "203.0.113.9, 192.0.2.7", "203.0.113.9"),
        ({"GATEHOUSE_HTTP_PROXIES": "192.0.2.0/24"}, "203.0.113.9", "127.0.0.1"),
    ],
    ids=["of this machine", "what the caller claims is not heard", "several", "another one is not believed"],
)
def test_attempts_to_sign_in_are_counted_by(
    proxies: dict[str, str], forwarded: str, counted: str, db: Database, clock: Clock
) -> None:
    settings = load_settings({"GATEHOUSE_HTTP_PORT": "0", **proxies})
    with listen_http(settings) as sock, base(settings, clock, db.url) as parts, web(parts, sock) as address:
        guess = {"username": "sun", "password": "let-me-in-please"}
        told = httpx.post(f"{address}/api/v1/session", json=guess, headers={"x-forwarded-for": forwarded}, trust_env=False)
    assert told.status_code == 401
    with db.transaction() as conn:
        assert conn.execute("SELECT ip FROM login_attempt").fetchall() == [(counted,)]
