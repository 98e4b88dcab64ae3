"""Settings from the environment. A wrong or unknown one stops the start, with its name."""

import os
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from core import hosts
from core.i18n import DEFAULT_LANGUAGE, Language

PREFIX = "GATEHOUSE_"


def _split(value: object) -> object:
    """A list as the environment has it: with commas between."""
    return [each.strip() for each in value.split(",")] if isinstance(value, str) else value


SiteCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


class SettingsError(Exception):
    """A setting that is unknown or cannot be used; the message names it."""


def default_data_dir() -> Path:
    """Where an own database and broker keep their files unless told otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib/gatehouse")
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local/share") / "gatehouse"


class Settings(BaseModel):
    """Every setting, as documented in docs/settings.md. Read from GATEHOUSE_<NAME in capitals>."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(default_factory=default_data_dir, description="Folder of the embedded database and broker.")
    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL to use, `postgresql://user:password@host/database`; empty: the embedded one."
    )
    database_pool: Annotated[int, Field(ge=2, le=200)] = Field(default=12, description="Most connections of one process.")
    mqtt_url: SecretStr | None = Field(
        default=None,
        description="MQTT broker to use, `mqtt://user:password@host:1883` or `mqtts://…`, or several of a cluster with commas between; empty: the embedded one.",
    )
    mqtt_client_id: str = Field(
        default="gatehouse-ingest",
        min_length=1,
        max_length=64,
        description="Client id of the ingester; it must stay the same so that the broker keeps its session.",
    )
    mqtt_everything: bool = Field(
        default=False,
        description="Subscribe to everything on the configured broker, as to the embedded one; for a broker that is for Gatehouse alone.",
    )
    ingest_sites: Annotated[tuple[SiteCode, ...], BeforeValidator(_split)] = Field(
        default=(),
        description="Sites of this ingester, their short names with commas between; empty: all. Several ingesters divide the sites so.",
    )
    ingest_vendor_topics: bool | None = Field(
        default=None,
        description="Whether this ingester takes vendors' topics that name no site; empty: only one that has all sites does.",
    )
    mqtt_share: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,32}$",
        description="Group of ingesters among which the configured broker shares the messages (`$share`); empty: this ingester takes all of its own.",
    )
    sparkplug_host_id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
        description="Name under which Sparkplug edge nodes have Gatehouse for their primary host, and are told whether it is there; empty: they are told nothing.",
    )
    mqtt_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=1883, description="Port of the embedded broker; 0: any free one."
    )
    http_host: str = Field(default="127.0.0.1", description="Address the web server listens on.")
    http_port: Annotated[int, Field(ge=0, le=65535)] = Field(default=8080, description="Port of the web server; 0: any free one.")
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+$",
        description="Address people open. Without it notifications have no link; with https, cookies are only sent encrypted.",
    )
    http_proxies: Annotated[tuple[IPvAnyNetwork, ...], BeforeValidator(_split)] = Field(
        default=(ip_network("127.0.0.1"), ip_network("::1")),
        description="Addresses or networks of the proxies in front, with commas between; whom they forward for is believed.",
    )
    batch_size: Annotated[int, Field(ge=1, le=20000)] = Field(default=2000, description="Most messages in one commit.")
    batch_ms: Annotated[int, Field(ge=1, le=5000)] = Field(
        default=20, description="Longest wait for a batch to fill, milliseconds."
    )
    max_payload_bytes: Annotated[int, Field(ge=256, le=1_000_000)] = Field(
        default=65_536, description="Larger messages are rejected, bytes."
    )
    max_clock_ahead: timedelta = Field(default=timedelta(hours=24), description="How far in the future a reading's time may lie.")
    max_reading_age: timedelta = Field(default=timedelta(days=7), description="How old a late reading may be.")
    reading_retention: timedelta = Field(default=timedelta(days=400), description="How long readings are kept.")
    hourly_retention: timedelta = Field(
        default=timedelta(days=400), description="How long the hourly figures of readings are kept."
    )
    daily_retention: timedelta = Field(default=timedelta(days=3653), description="How long the daily figures of readings are kept.")
    compress_after: timedelta = Field(
        default=timedelta(days=14), description="How old readings are when they are compressed, where the server can."
    )
    rejected_retention: timedelta = Field(default=timedelta(days=14), description="How long rejected messages are kept.")
    rejected_limit: Annotated[int, Field(ge=100, le=1_000_000)] = Field(default=10_000, description="Most rejected messages kept.")
    rejected_bytes: Annotated[int, Field(ge=1_000_000)] = Field(
        default=50_000_000, description="Most that is kept of rejected messages, bytes."
    )
    credential_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Key by which plates, cards and faces are hashed; several ingesters need the same. Empty: one of its own in the data folder.",
    )
    metrics_token: Annotated[SecretStr, Field(min_length=16)] | None = Field(
        default=None, description="Bearer token with which Prometheus reads `/metrics`, 16 characters or more; empty: nobody does."
    )
    home_assistant_prefix: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
        description="Discovery prefix of a Home Assistant at the broker that is shown the devices, most often `homeassistant`; empty: none.",
    )
    home_assistant_sites: str | None = Field(
        default=None,
        pattern=r"^(-|[a-z0-9][a-z0-9_-]*(,[a-z0-9][a-z0-9_-]*)*)$",
        description="Short names of the sites it is shown, with commas; `-`: none, which takes back what it was shown. Empty: all.",
    )
    home_assistant_language: Language = Field(default=DEFAULT_LANGUAGE, description="Language of what it is shown, `zh` or `en`.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="How much is logged.")
    log_format: Literal["auto", "text", "json"] = Field(
        default="auto", description="`text` for people, `json` for machines, `auto`: text in a terminal."
    )

    @field_validator("mqtt_share")
    @classmethod
    def _whole_broker(cls, group: str | None, given: ValidationInfo) -> str | None:
        others = given.data
        if group is not None and others.get("mqtt_url") is None:
            raise ValueError("needs a broker of yours, GATEHOUSE_MQTT_URL")
        if group is not None and (others.get("ingest_sites") or others.get("mqtt_everything")):
            raise ValueError("shares all messages: not together with GATEHOUSE_INGEST_SITES or GATEHOUSE_MQTT_EVERYTHING")
        return group

    @field_validator("home_assistant_prefix")
    @classmethod
    def _not_our_own(cls, prefix: str | None) -> str | None:
        if prefix is not None and prefix.split("/")[0] == "gatehouse":
            raise ValueError("topics below gatehouse/ are for devices")
        return prefix

    @property
    def secure_cookies(self) -> bool:
        """Whether people come by https, so that the session cookie may be marked Secure."""
        return (self.public_url or "").startswith("https://")

    @property
    def base_url(self) -> str | None:
        """The address people open, for links that leave the house; no slash at its end. None: only this machine knows one."""
        if self.public_url or self.http_host in hosts.LOOPBACK | hosts.EVERYWHERE:
            return self.public_url
        return f"http://{hosts.in_url(self.http_host)}:{self.http_port}"


def setting_names() -> tuple[str, ...]:
    """The environment names of all settings, without the `_FILE` forms of secrets."""
    return tuple(PREFIX + name.upper() for name in Settings.model_fields)


def _is_secret(name: str) -> bool:
    return "SecretStr" in str(Settings.model_fields[name].annotation)


def load_settings(environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Settings from `environ` (default: the process's own); `overrides` win, None means not given.

    A secret may be given as `…_FILE`, the path of a file that holds it. GATEHOUSE_TEST_* belongs to the tests.
    Raises SettingsError naming the setting.
    """
    values: dict[str, object] = {}
    for variable, value in (os.environ if environ is None else environ).items():
        if not variable.startswith(PREFIX) or variable.startswith(PREFIX + "TEST_"):
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name in Settings.model_fields:
            if value != "":
                values[name] = value
        elif name.removesuffix("_file") in Settings.model_fields and _is_secret(name.removesuffix("_file")):
            values[name.removesuffix("_file")] = _read_secret(variable, Path(value))
        else:
            raise SettingsError(f"{variable}: there is no such setting; docs/settings.md lists them")
    values.update({name: value for name, value in overrides.items() if value is not None})
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise SettingsError(f"{PREFIX}{str(first['loc'][0]).upper()}: {first['msg']}") from None


def _read_secret(variable: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{variable}: {path}: {error.strerror}") from None
