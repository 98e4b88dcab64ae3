"""What the check does and sees, step by step: MQTT in by the simulated devices, everything out by the HTTP API."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Self

import httpx

from core.clock import Clock
from gatehouse.check_site import PASSWORD, CheckSite
from gatehouse.webhook_receiver import WebhookReceiver
from simulators.faults import Trouble
from simulators.ground_truth import TroubleKind
from simulators.run import Simulation

_PATIENCE_SECONDS = 40.0
_LOOK_EVERY_SECONDS = 0.1
# The device that falls silent may say nothing for this long; it is offline after three times as long.
_SILENT_AFTER_SECONDS = 10
_LONG = timedelta(minutes=5)
WILL, SILENCE, FAULT = "gate_barrier", "access_control", "cctv"


class StepFailedError(Exception):
    """Something was not seen, or something was seen that must not be."""


class Check:
    """The people of the check, each signed in, with the system around them."""

    def __init__(self, address: str, site: CheckSite, simulation: Simulation, receiver: WebhookReceiver, clock: Clock) -> None:
        self.site = site
        self.simulation = simulation
        self.receiver = receiver
        self.clock = clock
        self._address = address
        self.troubles: list[Trouble] = []
        self._clients: dict[str, httpx.Client] = {}

    def __enter__(self) -> Self:
        for role in ("manager", "engineer", "guard"):
            client = httpx.Client(base_url=self._address, timeout=10, trust_env=False)
            answer = client.post("/api/v1/session", json={"username": role, "password": PASSWORD})
            client.headers["X-CSRF-Token"] = answer.raise_for_status().json()["csrf_token"]
            self._clients[role] = client
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients.values():
            client.close()

    def get(self, path: str, *, who: str = "manager", **params: str) -> Any:
        """What the API answers below the site's path."""
        return self._answer(self._clients[who].get(self.site.path + path, params=params))

    def send(self, method: str, path: str, body: dict[str, Any] | None = None, *, who: str = "manager") -> Any:
        """Change something."""
        return self._answer(self._clients[who].request(method, self.site.path + path, json=body))

    def wait_for(self, what: str, look: Callable[[], Any]) -> Any:
        """Look until there is something, and return it."""
        pause = threading.Event()
        deadline = self.clock.monotonic() + _PATIENCE_SECONDS
        while self.clock.monotonic() < deadline:
            found = look()
            if found:
                return found
            pause.wait(_LOOK_EVERY_SECONDS)
        raise StepFailedError(f"not seen within {_PATIENCE_SECONDS:.0f} s: {what}")

    def alerts_of(self, device: str) -> list[dict[str, Any]]:
        """Every alert there ever was of a device."""
        own = self.get(f"/devices/{device}")["id"]
        return [alert for alert in self.get("/alerts")["items"] if alert["subject"] == f"device:{own}"]

    @staticmethod
    def _answer(response: httpx.Response) -> Any:
        if response.is_error:
            raise StepFailedError(
                f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text[:200]}"
            )
        return response.json() if response.content else None


def notifications_go_to_a_webhook(check: Check) -> str:
    """Set up by the manager, as in the pages."""
    check.send("POST", "/channels", {"kind": "webhook", "name": "check", "address": check.receiver.url, "language": "en"})
    return check.receiver.url


def readings_of_every_kind_are_stored(check: Check) -> str:
    """Each device's newest reading is read back."""
    for device in check.site.spec.devices:
        check.wait_for(f"a reading of {device.slug}", partial(_is_reporting, check, device.slug))
    return ", ".join(sorted({device.kind for device in check.site.spec.devices}))


def outages_begin(check: Check) -> str:
    """A connection is cut, a device hangs, a device reports a fault of its own."""
    silent = check.get(f"/devices/{check.site.device(SILENCE)}")
    change = {"name": silent["name"], "asset_id": silent["asset_id"], "silent_after": f"PT{_SILENT_AFTER_SECONDS}S"}
    check.send("PUT", f"/devices/{silent['slug']}", change, who="engineer")
    troubles: dict[str, TroubleKind] = {WILL: "will", SILENCE: "silence", FAULT: "fault"}
    check.troubles = [
        check.simulation.inject(check.site.device(kind), kind=trouble, duration=_LONG) for kind, trouble in troubles.items()
    ]
    return "will, silence, fault"


def a_round_is_verified(check: Check) -> str:
    """A guard enters the code of every checkpoint of the round."""
    found = _round_of(check, check.site.walked)
    codes = {checkpoint["name"]: checkpoint["code"] for checkpoint in check.get("/checkpoints")["items"]}
    for name in found["unseen"]:
        check.send("POST", "/check-ins", {"code": codes[name]}, who="guard")
    check.wait_for("the round verified", lambda: check.get(f"/rounds/{found['id']}")["state"] == "verified")
    return f"{found['total']} checkpoints"


def a_record_is_written(check: Check) -> str:
    """An engineer writes a maintenance record and reads it back."""
    asset = check.get(f"/devices/{check.site.device(WILL)}")["asset_id"]
    record = {"kind": "maintenance", "done_at": check.clock.now().isoformat(), "done_by": "engineer", "summary": "Spring replaced"}
    written = check.send("POST", f"/assets/{asset}/records", record, who="engineer")
    read = check.get(f"/records/{written['id']}", who="engineer")
    if (read["summary"], read["kind"]) != ("Spring replaced", "maintenance"):
        raise StepFailedError(f"the record came back as {read}")
    return str(read["summary"])


def each_outage_raises_one_alert(check: Check) -> str:
    """Open alerts of exactly the three devices, each delivered once."""
    for kind in (WILL, FAULT, SILENCE):
        device = check.site.device(kind)
        check.wait_for(f"an open alert of {device}", partial(check.alerts_of, device))
        check.wait_for(f"its notification ({device})", partial(_deliveries, check, device, "opened"))
    return ", ".join(f"{kind}: {check.alerts_of(check.site.device(kind))[0]['rule']}" for kind in (WILL, SILENCE, FAULT))


def an_unwalked_round_is_missed(check: Check) -> str:
    """Reported by the API and by an alert."""
    found = check.wait_for(
        "the round missed", lambda: [each for each in _rounds_of(check, check.site.unwalked) if each["state"] == "missed"]
    )
    check.wait_for("its alert", lambda: [alert for alert in check.get("/alerts")["items"] if alert["rule"] == "round_missed"])
    return f"{len(found[0]['unseen'])} checkpoints unseen"


def recovery_resolves_each_alert(check: Check) -> str:
    """The devices come back; in the end each outage was one alert, told once when it began and once when it ended."""
    for trouble in check.troubles:
        check.simulation.repair(trouble)
    for kind in (WILL, SILENCE, FAULT):
        device = check.site.device(kind)
        check.wait_for(f"the alert of {device} resolved", partial(_is_resolved, check, device))
        check.wait_for(f"its notification ({device})", partial(_deliveries, check, device, "resolved"))
        alerts, told = check.alerts_of(device), [len(_deliveries(check, device, event)) for event in ("opened", "resolved")]
        if len(alerts) != 1 or told != [1, 1]:
            raise StepFailedError(f"{device}: {len(alerts)} alerts, told {told[0]} times and resolved {told[1]} times")
    return "one alert and two notifications for each"


def _is_reporting(check: Check, device: str) -> bool:
    found = check.get(f"/devices/{device}")
    return found["latest"] is not None and found["status"] == "online"


def _is_resolved(check: Check, device: str) -> bool:
    return all(alert["resolved_at"] for alert in check.alerts_of(device))


def _rounds_of(check: Check, plan: int) -> list[dict[str, Any]]:
    return [each for each in check.get("/rounds")["items"] if each["plan_id"] == plan]


def _round_of(check: Check, plan: int) -> dict[str, Any]:
    found: list[dict[str, Any]] = check.wait_for("a round that is due", lambda: _rounds_of(check, plan))
    return found[0]


def _deliveries(check: Check, device: str, event: str) -> list[dict[str, Any]]:
    own = {alert["id"] for alert in check.alerts_of(device)}
    return [each for each in check.receiver.received if each["event"] == event and each["alert"] in own]


STEPS: tuple[Callable[[Check], str], ...] = (
    notifications_go_to_a_webhook,
    readings_of_every_kind_are_stored,
    outages_begin,
    a_round_is_verified,
    a_record_is_written,
    each_outage_raises_one_alert,
    an_unwalked_round_is_missed,
    recovery_resolves_each_alert,
)
