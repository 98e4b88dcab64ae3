"""PUBLISH packets come out as they went in, however the network cuts them up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.wire import PacketBuffer, Published, WireError

PUBACK = b"\x40\x02\x00\x07"


def length_of(size: int) -> bytes:
    """As the MQTT 3.1.1 specification writes it (2.2.3)."""
    written = bytearray()
    while True:
        size, low = divmod(size, 128)
        written.append(low | 0x80 if size else low)
        if not size:
            return bytes(written)


def packet(message: Published) -> bytes:
    topic, payload, mid, retained, repeated = message
    body = len(topic).to_bytes(2, "big") + topic + (mid.to_bytes(2, "big") if mid else b"") + payload
    first = 0x30 | retained | (2 if mid else 0) | (8 if repeated else 0)
    return bytes([first]) + length_of(len(body)) + body


messages = st.tuples(
    st.binary(min_size=1, max_size=40),
    st.one_of(st.binary(max_size=80), st.binary(min_size=120, max_size=130), st.just(b"x" * 20_000)),
    st.integers(0, 65_535),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(messages, max_size=20), st.integers(1, 5000), st.integers(1, 7))
def test_what_was_sent_is_read_wherever_the_network_cuts_it(sent: list[Published], piece: int, most: int) -> None:
    stream = b"".join(map(packet, sent))
    buffer = PacketBuffer()
    got: list[Published] = []
    for start in range(0, len(stream), piece):
        buffer.add(stream[start : start + piece])
        while found := list(buffer.publishes(most)):
            assert len(found) <= most
            got += found
    assert got == sent
    assert not buffer


@given(messages, messages)
def test_another_packet_is_left_to_the_library_in_its_place(before: Published, after: Published) -> None:
    buffer = PacketBuffer()
    buffer.add(packet(before) + PUBACK + packet(after))
    assert list(buffer.publishes(100)) == [before]
    assert buffer.is_for_library
    assert buffer.take(len(PUBACK)) == PUBACK
    assert list(buffer.publishes(100)) == [after]


def test_a_packet_too_large_to_gather_is_left_to_the_library() -> None:
    buffer = PacketBuffer()
    buffer.add(b"\x32" + length_of(5_000_000) + b"\x00\x01t")
    assert list(buffer.publishes(1)) == []
    assert buffer.is_for_library


@given(st.binary(max_size=300))
def test_whatever_arrives_is_read_refused_or_waited_for(noise: bytes) -> None:
    buffer = PacketBuffer()
    buffer.add(noise)
    try:
        while list(buffer.publishes(10)):
            pass
        assert buffer.is_for_library in (True, False)
    except WireError:
        pass


@pytest.mark.parametrize("noise", [b"\x32\x01\x00", b"\x32\x03\x00\x05t", b"\x30\xff\xff\xff\xff\x01", b"\x30\x00"])
def test_a_packet_that_contradicts_itself_ends_the_connection(noise: bytes) -> None:
    buffer = PacketBuffer()
    buffer.add(noise)
    with pytest.raises(WireError):
        list(buffer.publishes(10))
