"""A typing error in a setting stops the start with its name."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.settings import Settings, SettingsError, load_settings


def test_what_is_not_set_has_its_default() -> None:
    assert load_settings({}).http_port == 8080


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="GATEHOUSE_HTTP_PROT: there is no such setting"):
        load_settings({"GATEHOUSE_HTTP_PROT": "80"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PORT", "eighty"),
        ("BATCH_SIZE", "0"),
        ("LOG_LEVEL", "LOUD"),
        ("PUBLIC_URL", "gatehouse.example"),
        ("HTTP_PROXIES", "127.0.0.1,proxy.example"),
        ("HOME_ASSISTANT_PREFIX", "home/#"),
        ("HOME_ASSISTANT_PREFIX", "gatehouse/v1"),
        ("HOME_ASSISTANT_SITES", "wutong, jinxiu"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"GATEHOUSE_{name}: "):
        load_settings({f"GATEHOUSE_{name}": value})


@pytest.mark.parametrize(
    ("host", "public", "links"),
    [
        ("127.0.0.1", None, None),
        ("0.0.0.0", None, None),  # noqa: S104 - compared, not bound
        ("192.0.2.10", None, "http://192.0.2.10:8080"),
        ("2001:db8::5", None, "http://[2001:db8::5]:8080"),
        ("127.0.0.1", "https://gatehouse.example", "https://gatehouse.example"),
    ],
)
def test_links_lead_where_others_can_follow(host: str, public: str | None, links: str | None) -> None:
    assert Settings(http_host=host, public_url=public).base_url == links


@pytest.mark.parametrize("other", [{}, {"INGEST_SITES": "wutong"}, {"MQTT_EVERYTHING": "true"}])
def test_messages_are_shared_by_a_broker_of_ones_own_and_all_of_them(other: dict[str, str]) -> None:
    url = {"MQTT_URL": "mqtt://broker"} if other else {}
    with pytest.raises(SettingsError, match="GATEHOUSE_MQTT_SHARE: "):
        load_settings({f"GATEHOUSE_{name}": value for name, value in (url | other | {"MQTT_SHARE": "city"}).items()})
    assert load_settings({"GATEHOUSE_MQTT_URL": "mqtt://broker", "GATEHOUSE_MQTT_SHARE": "city"}).mqtt_share == "city"


def test_a_wrong_secret_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"GATEHOUSE_HTTP_PORT": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://app:pw@db/gatehouse\n", encoding="utf-8")
    settings = load_settings({"GATEHOUSE_DATABASE_URL_FILE": str(tmp_path / "url")})
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://app:pw@db/gatehouse"
    assert "pw" not in repr(settings)


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"GATEHOUSE_MQTT_URL_FILE: .*No such file"):
        load_settings({"GATEHOUSE_MQTT_URL_FILE": str(tmp_path / "none")})


def test_only_secrets_may_lie_in_files() -> None:
    with pytest.raises(SettingsError, match="GATEHOUSE_HTTP_PORT_FILE: there is no such setting"):
        load_settings({"GATEHOUSE_HTTP_PORT_FILE": "/dev/null"})


def test_an_empty_variable_means_the_default() -> None:
    assert load_settings({"GATEHOUSE_HTTP_PORT": ""}).http_port == 8080


def test_what_the_command_line_says_wins() -> None:
    assert load_settings({"GATEHOUSE_HTTP_PORT": "8081"}, http_port=9000, http_host=None).http_port == 9000


def test_durations_are_iso() -> None:
    assert load_settings({"GATEHOUSE_MAX_READING_AGE": "P2D"}).max_reading_age == timedelta(days=2)
    assert load_settings({"GATEHOUSE_MAX_READING_AGE": "PT1H"}).max_reading_age == timedelta(hours=1)


def test_cookies_are_secure_when_people_come_by_https() -> None:
    assert load_settings({"GATEHOUSE_PUBLIC_URL": "https://gatehouse.example"}).secure_cookies
    assert not load_settings({}).secure_cookies
