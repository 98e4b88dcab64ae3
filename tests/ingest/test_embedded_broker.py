"""The embedded broker keeps what it acknowledged, and keeps sites apart."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import bcrypt
import pytest

from core.clock import SystemClock
from core.processes import free_port
from ingest.embedded_broker import EmbeddedBroker, EmbeddedBrokerError, Rights
from ingest.full_disk import FullDisk
from ingest.inbox import Inbox
from ingest.model import Message
from ingest.mqtt import MqttClient
from tests.ingest.conftest import Connect, Publisher

Wait = Callable[..., None]


def password_hash(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


def site_url(broker: EmbeddedBroker, site: str, password: str) -> str:
    return f"mqtt://{site}:{password}@127.0.0.1:{broker.port}"


class Heard:
    """A subscriber as the ingester is one; `topics` of everything it was sent, acknowledged as it comes."""

    def __init__(
        self, broker: EmbeddedBroker, *, client_id: str = "listener", url: str | None = None, topics: str = "gatehouse/v1/#"
    ) -> None:
        self._inbox = Inbox()
        self.messages: list[Message] = []
        self._client = MqttClient(
            url or broker.url,
            client_id=client_id,
            filters=[topics],
            inbox=self._inbox,
            clock=SystemClock(),
            max_payload_bytes=1000,
        )
        self._client.start()
        assert self._client.wait_until_listening(20)

    @property
    def topics(self) -> list[str]:
        taken = self._inbox.take(100_000, wait=0, fill=0)
        self._client.acknowledge(taken)
        self.messages += taken
        return [message.topic for message in self.messages]

    def close(self) -> None:
        self._client.stop()


@pytest.fixture
def heard(broker: EmbeddedBroker) -> "Heard":  # type: ignore[misc]
    subscriber = Heard(broker)
    yield subscriber  # type: ignore[misc]
    subscriber.close()


def test_nobody_comes_in_without_credentials(broker: EmbeddedBroker, connect: Connect) -> None:
    for credentials in ("", "gatehouse.ingest:wrong@", "wutong:@"):
        assert connect("stranger", url=f"mqtt://{credentials}127.0.0.1:{broker.port}").refused


def test_a_device_of_one_site_cannot_publish_for_another(
    broker: EmbeddedBroker, connect: Connect, heard: Heard, wait_for: Wait
) -> None:
    broker.set_site_credentials({"wutong": password_hash("w"), "jinxiu": password_hash("j")})
    wait_for(lambda: connect("probe", url=site_url(broker, "jinxiu", "j")).refused is None)
    intruder = connect("intruder", url=site_url(broker, "wutong", "w"), will=("gatehouse/v1/jinxiu/gate-1/status", "gone"))
    for topic in ("gatehouse/v1/jinxiu/gate-1/reading", "gatehouse/v1/jinxiu/gate-1/status", "gatehouse/v1/wutong/gate-1/reading"):
        intruder.publish(topic, "x", retain=True)
    intruder.vanish()
    connect("neighbour", url=site_url(broker, "jinxiu", "j")).publish("gatehouse/v1/jinxiu/door-1/reading", "x")
    wait_for(lambda: len(heard.topics) >= 2)
    later = Heard(broker, client_id="another")  # sees what was retained
    wait_for(lambda: later.topics)
    later.close()
    assert heard.topics == ["gatehouse/v1/wutong/gate-1/reading", "gatehouse/v1/jinxiu/door-1/reading"]
    assert later.topics == ["gatehouse/v1/wutong/gate-1/reading"]


def test_vendors_topics_are_for_whom_they_are_allowed_and_answers_are_heard(
    broker: EmbeddedBroker, connect: Connect, wait_for: Wait
) -> None:
    heard = Heard(broker, client_id="everything", topics="#")
    rights = Rights(publish=("/sys/+/+/thing/#", "spBv1.0/#"), subscribe=("/sys/+/+/thing/+/reply",))
    sent = ["/sys/key/gate/thing/event/post", "spBv1.0/group/NDATA/node", "gatehouse/v1/wutong/raw/acme/1"]
    broker.set_site_credentials({"wutong": password_hash("w")})
    wait_for(lambda: connect("early", url=site_url(broker, "wutong", "w")).refused is None)
    early = connect("early", url=site_url(broker, "wutong", "w"))
    for topic in sent:
        early.publish(topic, "too early")
    wait_for(lambda: heard.topics == [sent[2]])
    broker.set_site_credentials({"wutong": password_hash("w")}, rights)

    def publish() -> bool:
        device = connect("late", url=site_url(broker, "wutong", "w"))
        for topic in (*sent, "/sys/key/gate/else", "gatehouse/v1/jinxiu/raw/acme/1"):
            device.send(topic, "x")  # the new rights may cut it off in the middle
        return set(sent) <= set(heard.topics)

    wait_for(publish)
    assert set(heard.topics) == set(sent)
    listening = Heard(broker, client_id="device", url=site_url(broker, "wutong", "w"), topics="/sys/key/gate/thing/event/reply")
    connect("platform", url=broker.url).publish("/sys/key/gate/thing/event/reply", "ok")
    wait_for(lambda: listening.topics == ["/sys/key/gate/thing/event/reply"])
    listening.close()
    heard.close()


def test_devices_hear_whether_a_sparkplug_host_is_there_and_never_say_so(
    broker: EmbeddedBroker, connect: Connect, wait_for: Wait
) -> None:
    """Also where they may publish everything else of Sparkplug: who says that the host is gone silences every node."""
    broker.set_site_credentials({"wutong": password_hash("w")}, Rights(publish=("spBv1.0/#",)))
    wait_for(lambda: connect("probe", url=site_url(broker, "wutong", "w")).refused is None)
    node = Heard(broker, client_id="node", url=site_url(broker, "wutong", "w"), topics="spBv1.0/STATE/city")
    everything = Heard(broker, client_id="everything", topics="#")
    liar = connect("liar", url=site_url(broker, "wutong", "w"), will=("spBv1.0/STATE/city", "gone"))
    liar.publish("spBv1.0/STATE/city", "gone", retain=True)
    liar.publish("spBv1.0/g/NBIRTH/n", "born")
    liar.vanish()
    host = connect("host", url=broker.url)
    host.publish("spBv1.0/STATE/city", "there", retain=True)
    wait_for(lambda: node.topics and len(everything.topics) == 2)
    assert [message.payload for message in node.messages] == [b"there"]
    assert sorted(everything.topics) == ["spBv1.0/STATE/city", "spBv1.0/g/NBIRTH/n"]
    node.close()
    everything.close()


def test_a_changed_password_holds_at_once(broker: EmbeddedBroker, connect: Connect, wait_for: Wait) -> None:
    assert broker.set_site_credentials({"wutong": password_hash("old")})
    wait_for(lambda: connect("before", url=site_url(broker, "wutong", "old")).refused is None)
    signed_in = connect("device", url=site_url(broker, "wutong", "old"))
    bystander = connect("bystander")
    credentials = {"wutong": password_hash("new")}
    assert broker.set_site_credentials(credentials)
    assert not broker.set_site_credentials(credentials)
    assert signed_in.disconnected.wait(10)
    assert not bystander.disconnected.is_set()
    wait_for(lambda: connect("after", url=site_url(broker, "wutong", "new")).refused is None)
    assert connect("late", url=site_url(broker, "wutong", "old")).refused


def test_what_is_no_bcrypt_hash_cannot_get_into_the_configuration(broker: EmbeddedBroker, connect: Connect, wait_for: Wait) -> None:
    broker.set_site_credentials({"wutong": 'x" } { user: "evil"', 'a", password': password_hash("x")})
    assert "evil" not in (broker.folder / "broker.conf").read_text()
    wait_for(lambda: connect().refused is None)


def test_what_was_acknowledged_survives_kill_9_and_waits_for_its_subscriber(
    broker: EmbeddedBroker, connect: Connect, wait_for: Wait
) -> None:
    subscriber = Heard(broker)
    subscriber.close()
    publisher = connect("publisher")
    sent = [publisher.send(f"gatehouse/v1/wutong/gate-1/{number}", "x") for number in range(2000)]
    sent[-1].wait_for_publish(20)
    pid = broker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    acknowledged = sum(each.is_published() for each in sent)
    wait_for(lambda: broker.pid not in (None, pid))
    back = Heard(broker)
    wait_for(lambda: len(set(back.topics)) >= acknowledged)
    back.close()
    assert acknowledged == 2000


def test_when_its_disk_was_full_and_has_room_again_it_is_started_anew(
    broker: EmbeddedBroker, connect: Connect, wait_for: Wait
) -> None:
    before = broker.pid
    with (broker.folder / "broker.log").open("ab") as log:
        log.write(
            b"[7] 2026/11/22 04:00:00.021294 [ERR] JetStream stream '$G > $MQTT_msgs' critical write error: no space left on device\n"
        )
    wait_for(lambda: broker.pid not in (None, before))
    again = broker.pid
    wait_for(lambda: connect("again", url=broker.local_url), ignore=OSError)
    assert broker.pid == again  # once


def test_nobody_makes_it_start_anew_by_a_name(broker: EmbeddedBroker, connect: Connect, wait_for: Wait) -> None:
    """Of those who are not let in the name stands in the log, too; a line of its own it does not become."""
    log = broker.folder / "broker.log"
    disk = FullDisk(log)
    says_so = "\n[7] 2026/11/22 04:00:00.021294 [ERR] JetStream stream 'a' write error: no space left on device"
    assert connect(url=f"mqtt://{quote(says_so, safe='')}:x@127.0.0.1:{broker.port}").refused
    wait_for(lambda: "no space left on device" in log.read_text(encoding="utf-8"))
    assert not disk.is_over()


def test_the_next_start_ends_what_an_earlier_one_left(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    first = EmbeddedBroker(folder).start()
    left = first.pid
    assert first._watcher is not None
    first._watcher.look_away()  # as if the process had been killed: nobody looks after its broker any more
    second = EmbeddedBroker(folder, first.port).start()
    assert second.pid != left
    assert second.url == first.url
    second.stop()
    first.stop()


def test_a_port_that_is_taken_is_told_with_its_setting(broker: EmbeddedBroker, tmp_path: Path) -> None:
    with pytest.raises(EmbeddedBrokerError, match=f"GATEHOUSE_MQTT_PORT: 127.0.0.1:{broker.port} is taken"):
        EmbeddedBroker(tmp_path / "other", broker.port).start()


def test_only_mqtt_can_be_reached_from_outside(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / "broker", free_port(), listen="0.0.0.0").start()  # noqa: S104 - what is tested
    try:
        config = (tmp_path / "broker" / "broker.conf").read_text()
        assert f'mqtt {{ host: "0.0.0.0", port: {broker.port}' in config
        assert 'host: "127.0.0.1"\nport: -1' in config
        assert "http" not in config
        assert (tmp_path / "broker" / "broker.conf").stat().st_mode & 0o077 == 0
        device = Publisher(broker.local_url, "device")
        device.close()
        assert device.refused is None
    finally:
        broker.stop()
