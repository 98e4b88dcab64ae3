"""Where notifications may go, what is shown of an address, and what a delivery that fails says."""

import logging
import socket
from datetime import datetime

import httpx
import pytest

from alerts import channels
from alerts.channels import all_channel_kinds, apprise, webhook
from alerts.manage_channels import CHANNEL_LIMIT, create_channel, retire_channel, send_test
from alerts.message import Message, compose_test
from alerts.models import Channel
from alerts.queries.channels import list_channels
from alerts.transport import REASONS, TransportError, resolve_host, split_error
from assets.models import Site
from core.errors import Conflict, Invalid, NotFound
from core.i18n import LANGUAGES, Translator
from store.db import Database
from tests.alerts.receiver import Receiver
from tests.cast import Cast

BASE_URL = "https://gatehouse.example"


@pytest.fixture
def message(wutong: Site, now: datetime) -> Message:
    """A test message."""
    return compose_test(wutong, channel_name="值班室", idempotency_key="test-1", language="zh", base_url=BASE_URL, now=now)


def test_without_an_address_for_others_there_is_no_link(wutong: Site, now: datetime) -> None:
    told = compose_test(wutong, channel_name="duty desk", idempotency_key="test-1", language="en", base_url=None, now=now)
    assert "http" not in told.body
    assert webhook.payload(told)["url"] is None


@pytest.mark.parametrize("kind", all_channel_kinds().values(), ids=all_channel_kinds().keys())
def test_every_kind_takes_its_own_example_and_hides_its_secret(kind: channels.ChannelKind) -> None:
    address = kind.check(kind.example.replace("…", "0123456789abcdef"))
    assert "0123456789abcdef" not in kind.mask(address)
    assert all(kind.name.in_(language) and kind.hint.in_(language) for language in LANGUAGES)


def test_every_reason_has_its_words() -> None:
    for language in LANGUAGES:
        assert all(Translator(language)(f"channels.reason.{reason}", detail="503") for reason in REASONS)


class TestAddresses:
    @pytest.mark.parametrize(
        "host",
        [
            "169.254.169.254",
            "[fe80::1]",
            "0.0.0.0",  # noqa: S104 - an address to refuse
            "[::]",
            "224.0.0.1",
            "100.100.100.200",
            "[::ffff:169.254.169.254]",
            "[fd00:ec2::254]",
        ],
    )
    def test_metadata_and_link_local_machines_are_never_called(self, message: Message, host: str) -> None:
        with pytest.raises(TransportError) as refused:
            webhook.send(f"http://{host}/latest/meta-data/", message)
        assert (refused.value.reason, refused.value.permanent) == ("address_refused", True)

    def test_a_name_that_leads_there_is_refused_too(self, message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
        answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("93.184.216.34", "169.254.169.254")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
        with pytest.raises(TransportError, match="address_refused"):
            webhook.send("http://rebind.example/", message)
        with pytest.raises(TransportError, match="address_refused"):
            apprise.send("ntfys://rebind.example/topic", message)

    def test_receivers_of_the_compound_are_allowed(self) -> None:
        assert resolve_host("127.0.0.1", 80) == "127.0.0.1"
        assert resolve_host("192.168.1.20", 80) == "192.168.1.20"

    def test_a_name_that_does_not_exist_may_exist_later(self, message: Message) -> None:
        with pytest.raises(TransportError) as failed:
            webhook.send("http://nowhere.invalid/", message)
        assert (failed.value.reason, failed.value.permanent) == ("unreachable", False)


class TestWebhook:
    @pytest.mark.parametrize(
        "address",
        [
            "",
            "duty.example.com",
            "ftp://x/",
            "file:///etc/passwd",
            "http://",
            "https://:443/",
            "javascript:alert(1)",
            "http://x" + "y" * 1000,
        ],
    )
    def test_only_http_and_https_are_addresses(self, address: str) -> None:
        with pytest.raises(Invalid) as refused:
            webhook.check(address)
        assert (refused.value.code, refused.value.field) == ("webhook_address", "address")

    @pytest.mark.parametrize(
        "address", ["https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x", "https://oapi.dingtalk.com/robot/send?access_token=x"]
    )
    def test_the_link_of_a_chat_robot_belongs_to_the_other_kind(self, address: str) -> None:
        with pytest.raises(Invalid, match="webhook_is_chat_robot"):
            webhook.check(address)

    @pytest.mark.parametrize(
        ("address", "shown"),
        [
            ("https://user:pw@duty.example.com:8443/hook/s3cret?token=s3cret", "https://duty.example.com:8443/•••"),
            ("http://192.168.1.20", "http://192.168.1.20"),
        ],
    )
    def test_scheme_and_host_are_all_that_is_shown(self, address: str, shown: str) -> None:
        assert webhook.mask(webhook.check(address)) == shown

    def test_the_host_header_is_the_name_and_not_the_looked_up_address(self, message: Message, receiver: Receiver) -> None:
        webhook.send(receiver.url.replace("127.0.0.1", "localhost"), message)
        (got,) = receiver.received
        assert got.headers["Host"].startswith("localhost:")
        assert got.headers["Idempotency-Key"] == "test-1"
        assert (got.json["event"], got.json["alert"], got.json["site"]) == ("test", None, "wutong")

    def test_a_password_in_the_address_is_sent_as_such(self, message: Message, receiver: Receiver) -> None:
        webhook.send(receiver.url.replace("http://", "http://user:pw@"), message)
        assert receiver.received[0].headers["Authorization"] == "Basic dXNlcjpwdw=="

    def test_a_redirect_is_not_followed(self, message: Message, receiver: Receiver) -> None:
        receiver.answers, receiver.location = [307], receiver.url
        with pytest.raises(TransportError) as refused:
            webhook.send(receiver.url, message)
        assert (refused.value.reason, refused.value.permanent, len(receiver.received)) == ("redirect", True, 1)

    def test_a_receiver_without_encryption_is_no_https(self, message: Message, receiver: Receiver) -> None:
        with pytest.raises(TransportError, match="encryption"):
            webhook.send(receiver.url.replace("http://", "https://"), message)

    def test_nobody_listening_is_unreachable(self, message: Message) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            with pytest.raises(TransportError, match="unreachable"):
                webhook.send(f"http://127.0.0.1:{unused.getsockname()[1]}/", message)


class TestApprise:
    @pytest.mark.parametrize(
        ("link", "kept"),
        [
            ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7abc", "wecombot://693a91f6-7abc"),
            ("https://oapi.dingtalk.com/robot/send?access_token=abcdef0123", "dingtalk://abcdef0123"),
            ("https://open.feishu.cn/open-apis/bot/v2/hook/0000-1111", "feishu://0000-1111"),
            ("https://open.larksuite.com/open-apis/bot/v2/hook/0000-1111", "lark://0000-1111"),
            (" mailtos://user:pw@qq.com?to=chen@example.com ", "mailtos://user:pw@qq.com?to=chen@example.com"),
            ("bark://api.day.app/devicekey", "bark://api.day.app/devicekey"),
        ],
    )
    def test_robot_links_and_known_services_are_taken(self, link: str, kept: str) -> None:
        assert apprise.check(link) == kept

    @pytest.mark.parametrize(
        "address",
        [
            "json://169.254.169.254/",
            "jsons://x/",
            "form://x",
            "xml://x",
            "syslog://",
            "dbus://",
            "nonsense",
            "https://example.com/x",
            "wecombot://" + "x" * 1000,
        ],
    )
    def test_other_services_are_refused(self, address: str) -> None:
        with pytest.raises(Invalid, match="apprise_service"):
            apprise.check(address)

    def test_an_address_its_service_cannot_read_is_refused_without_a_word_in_the_log(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG), pytest.raises(Invalid, match="apprise_address"):
            apprise.check("wecombot://s3cret!!key")
        assert "s3cret" not in caplog.text

    @pytest.mark.parametrize(
        "address",
        [
            "mailto://u:p@example.com?smtp=169.254.169.254",
            "bark://169.254.169.254/key",
            "gotify://100.100.100.200/tok",
            "pushdeer://169.254.169.254/abc",
        ],
    )
    def test_metadata_machines_are_never_called(self, message: Message, address: str) -> None:
        with pytest.raises(TransportError, match="address_refused"):
            apprise.send(apprise.check(address), message)

    def test_title_and_body_arrive(self, message: Message, receiver: Receiver) -> None:
        receiver.answers = [200]
        apprise.send(f"gotify://{httpx.URL(receiver.url).netloc.decode()}/token", message)
        (got,) = receiver.received
        assert got.json["title"] == "【告警测试】梧桐苑：值班室"
        assert "这是一条测试通知" in got.json["message"]

    def test_what_the_service_does_not_take_is_tried_again(self, message: Message, receiver: Receiver) -> None:
        receiver.answers = [500]
        with pytest.raises(TransportError) as failed:
            apprise.send(f"gotify://{httpx.URL(receiver.url).netloc.decode()}/token", message)
        assert (failed.value.reason, failed.value.permanent) == ("rejected", False)

    def test_an_address_cannot_ask_for_redirects_or_long_waits(self, message: Message, receiver: Receiver) -> None:
        receiver.answers, receiver.location = [307], receiver.url
        with pytest.raises(TransportError):
            apprise.send(f"gotify://{httpx.URL(receiver.url).netloc.decode()}/token?redirect=yes&cto=600&rto=600&retry=9", message)
        assert len(receiver.received) == 1


class TestManaging:
    def create(self, db: Database, cast: Cast, site: Site, now: datetime, **change: str) -> Channel:
        entered = {"kind": "webhook", "name": " 值班室 ", "address": "https://duty.example.com/s3cret", "language": "zh"} | change
        with db.transaction() as conn:
            return create_channel(conn, cast.chen.actor, now=now, site_id=site.id, **entered)

    def test_a_new_channel_is_audited_without_its_secret(self, db: Database, cast: Cast, wutong: Site, now: datetime) -> None:
        channel = self.create(db, cast, wutong, now)
        assert (channel.name, channels.masked(channel)) == ("值班室", "https://duty.example.com/•••")
        assert "s3cret" not in repr(channel)
        with db.transaction() as conn:
            audit = conn.execute("SELECT action, subject, detail::text FROM audit_entry WHERE action LIKE 'channel%'").fetchall()
        assert [row[:2] for row in audit] == [("channel.created", f"channel:{channel.id}")]
        assert "s3cret" not in audit[0][2]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "x" * 61}, "name"),
            ({"kind": ""}, "kind"),
            ({"kind": "pigeon"}, "kind"),
            ({"address": ""}, "address"),
            ({"language": "fr"}, "language"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(
        self, db: Database, cast: Cast, wutong: Site, now: datetime, change: dict[str, str], field: str
    ) -> None:
        with pytest.raises(Invalid) as refused:
            self.create(db, cast, wutong, now, **change)
        assert refused.value.field == field

    def test_there_is_a_limit(self, db: Database, cast: Cast, wutong: Site, now: datetime) -> None:
        for _ in range(CHANNEL_LIMIT):
            self.create(db, cast, wutong, now)
        with pytest.raises(Conflict, match="too_many_channels"):
            self.create(db, cast, wutong, now)

    @pytest.mark.parametrize("answer", [204, 503])
    def test_a_test_says_at_once_whether_it_arrived(
        self, db: Database, cast: Cast, wutong: Site, receiver: Receiver, now: datetime, answer: int
    ) -> None:
        channel = self.create(db, cast, wutong, now, address=receiver.url)
        receiver.answers = [answer]
        with db.transaction() as conn:
            failure = send_test(conn, cast.chen.actor, now=now, site=wutong, channel_id=channel.id, base_url=BASE_URL)
            (seen,) = list_channels(conn, site_id=wutong.id)
        assert (failure.stored if failure else None) == (None if answer == 204 else "status:503")
        assert (seen.tried_at, split_error(seen.last_error)) == (now, ("", "") if answer == 204 else ("status", "503"))
        assert receiver.received[0].json["title"] == "【告警测试】梧桐苑：值班室"

    def test_a_retired_channel_is_gone(self, db: Database, cast: Cast, wutong: Site, now: datetime) -> None:
        channel = self.create(db, cast, wutong, now)
        with db.transaction() as conn:
            retire_channel(conn, cast.chen.actor, now=now, site_id=wutong.id, channel_id=channel.id)
            assert list_channels(conn, site_id=wutong.id) == []
            with pytest.raises(NotFound):
                retire_channel(conn, cast.chen.actor, now=now, site_id=wutong.id, channel_id=channel.id)
            with pytest.raises(NotFound):
                send_test(conn, cast.chen.actor, now=now, site=wutong, channel_id=channel.id, base_url=BASE_URL)

    def test_a_channel_of_another_site_does_not_exist(
        self, db: Database, cast: Cast, wutong: Site, jinxiu: Site, now: datetime
    ) -> None:
        channel = self.create(db, cast, wutong, now)
        with db.transaction() as conn, pytest.raises(NotFound):
            retire_channel(conn, cast.sun.actor, now=now, site_id=jinxiu.id, channel_id=channel.id)

    def test_a_channel_that_breaks_in_our_hands_logs_no_address(
        self,
        db: Database,
        cast: Cast,
        wutong: Site,
        now: datetime,
        message: Message,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        channel = self.create(db, cast, wutong, now)

        def broken(host: str, port: int) -> str:
            raise RuntimeError(f"cannot parse {channel.address}")

        monkeypatch.setattr(webhook, "resolve_host", broken)
        with pytest.raises(TransportError, match="internal"):
            channels.send(channel, message)
        output = capsys.readouterr()
        assert "RuntimeError" in output.out + output.err
        assert "s3cret" not in output.out + output.err
