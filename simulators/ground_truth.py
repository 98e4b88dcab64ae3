"""What was really broken when, written down as it happens: the measure of how well outages are detected."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import msgspec

from simulators.messages import timestamp

TroubleKind = Literal["will", "silence", "fault", "uplink", "power_cut"]
# What a good watcher makes of it: offline at once, silent after the kind's own time, or the fault that is reported.
Expect = Literal["offline", "silent", "fault"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """One device that was down or ill from `began` to `ended` (None: still is).

    `id` is the same for all devices of one trouble, and `root` the asset that caused it.
    """

    id: str
    site: str
    device: str
    kind: TroubleKind
    root: str
    fault: str | None
    expect: Expect
    injected: bool
    began: datetime
    ended: datetime | None = None


class GroundTruth:
    """An append-only file of JSON lines; without a path it keeps silent."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = Lock()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)

    def run_began(self, *, site: str, seed: int, at: datetime) -> None:
        """From here on everything that breaks is written down."""
        self._write([{"what": "run_began", "at": timestamp(at), "site": site, "seed": seed}])

    def run_ended(self, *, site: str, at: datetime) -> None:
        """After this the devices are gone because the simulation is."""
        self._write([{"what": "run_ended", "at": timestamp(at), "site": site}])

    def began(self, outages: Iterable[Outage]) -> None:
        """These devices went down together."""
        self._write(
            {
                "what": "began",
                "id": outage.id,
                "at": timestamp(outage.began),
                "site": outage.site,
                "device": outage.device,
                "kind": outage.kind,
                "root": outage.root,
                "fault": outage.fault,
                "expect": outage.expect,
                "injected": outage.injected,
            }
            for outage in outages
        )

    def ended(self, trouble_id: str, devices: Iterable[str], at: datetime) -> None:
        """These devices of the trouble are well again."""
        self._write({"what": "ended", "id": trouble_id, "at": timestamp(at), "device": device} for device in devices)

    def missed_check(self, *, site: str, round_ref: str, checkpoint: str, at: datetime) -> None:
        """A guard left out a checkpoint that was due in that round."""
        self._write([{"what": "missed_check", "at": timestamp(at), "site": site, "round": round_ref, "checkpoint": checkpoint}])

    def _write(self, lines: Iterable[Mapping[str, object]]) -> None:
        if self._path is None:
            return
        text = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        with self._lock, self._path.open("ab") as file:
            file.write(text)


def read_outages(path: Path) -> list[Outage]:
    """Every outage in the file, in the order in which they began."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for text in path.read_bytes().splitlines():
        line: dict[str, Any] = msgspec.json.decode(text)
        if line["what"] == "began":
            facts = {name: line[name] for name in ("id", "site", "device", "kind", "root", "fault", "expect", "injected")}
            found[line["id"], line["device"]] = facts | {"began": datetime.fromisoformat(line["at"])}
        elif line["what"] == "ended":
            found[line["id"], line["device"]]["ended"] = datetime.fromisoformat(line["at"])
    return [Outage(**facts) for facts in found.values()]
