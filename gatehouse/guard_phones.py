"""The phones of simulated guards: they learn of rounds and check in as real ones do, by the HTTP API."""

from collections.abc import Sequence
from datetime import datetime

import httpx

from simulators.guards import DueRound, GuardCheckIn
from simulators.models import SimSite, both

_TIMEOUT_SECONDS = 5.0


class GuardPhones:
    """One signed-in client for each guard of a site. `usernames`: who signs in for which login of the simulated staff."""

    def __init__(self, address: str, site: SimSite, *, usernames: dict[str, str], password: str) -> None:
        self._address = address
        self._site = site
        self._usernames = usernames
        self._password = password
        self._codes = {both(point.name): point.code for point in site.checkpoints}
        self._clients: dict[str, httpx.Client] = {}

    def list_rounds(self, now: datetime) -> Sequence[DueRound]:
        """Rounds that are due now, with the codes of the checkpoints still to be seen."""
        rounds = self._client(self._site.guards[0].login).get(f"/api/v1/sites/{self._site.slug}/rounds").raise_for_status().json()
        return [
            DueRound(
                ref=str(each["id"]),
                starts_at=datetime.fromisoformat(each["starts_at"]),
                due_at=datetime.fromisoformat(each["due_at"]),
                codes=tuple(self._codes[name] for name in each["unseen"] if name in self._codes),
            )
            for each in rounds["items"]
            if each["state"] == "open" and datetime.fromisoformat(each["starts_at"]) <= now
        ]

    def check_in(self, check_in: GuardCheckIn) -> None:
        """Send one check-in as that guard."""
        body = {"code": check_in.code, "client_id": str(check_in.client_id), "device_at": check_in.at.isoformat()}
        self._client(check_in.login).post(f"/api/v1/sites/{self._site.slug}/check-ins", json=body).raise_for_status()

    def close(self) -> None:
        """Sign nobody out; only the connections are closed."""
        for client in self._clients.values():
            client.close()

    def _client(self, login: str) -> httpx.Client:
        if login not in self._clients:
            client = httpx.Client(base_url=self._address, timeout=_TIMEOUT_SECONDS, trust_env=False)
            answer = client.post("/api/v1/session", json={"username": self._usernames[login], "password": self._password})
            client.headers["X-CSRF-Token"] = answer.raise_for_status().json()["csrf_token"]
            self._clients[login] = client
        return self._clients[login]
