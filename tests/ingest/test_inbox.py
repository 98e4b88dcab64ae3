"""What is received waits within bounds, in order."""

import threading
from datetime import UTC, datetime

from ingest.inbox import Inbox
from ingest.model import Message

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def message(number: int, size: int = 10) -> Message:
    return Message(topic=str(number), payload=b"x" * size, size=size, received_at=NOW)


def test_messages_come_out_in_the_order_they_came() -> None:
    inbox = Inbox()
    inbox.put([message(1), message(2)])
    inbox.put([message(3)])
    assert [each.topic for each in inbox.take(2, wait=0, fill=0)] == ["1", "2"]
    assert [each.topic for each in inbox.take(2, wait=0, fill=0)] == ["3"]
    assert inbox.take(2, wait=0, fill=0) == []


def test_it_is_full_by_count_and_by_bytes_and_has_room_again() -> None:
    few = Inbox(max_messages=2)
    few.put([message(1), message(2)])
    assert not few.has_room
    few.take(1, wait=0, fill=0)
    assert few.has_room
    small = Inbox(max_bytes=10_000)
    small.put([message(1, 9_999)])
    assert not small.has_room
    small.take(1, wait=0, fill=0)
    assert small.has_room


def test_a_batch_that_is_full_does_not_wait() -> None:
    inbox = Inbox()
    taken: list[Message] = []
    taker = threading.Thread(target=lambda: taken.extend(inbox.take(3, wait=30, fill=30)))
    taker.start()
    for number in range(3):
        inbox.put([message(number)])
    taker.join(10)
    assert [each.topic for each in taken] == ["0", "1", "2"]


def test_closing_it_lets_the_waiting_go() -> None:
    inbox = Inbox()
    taker = threading.Thread(target=lambda: inbox.take(1, wait=60, fill=0))
    taker.start()
    inbox.close()
    taker.join(10)
    assert not taker.is_alive()
