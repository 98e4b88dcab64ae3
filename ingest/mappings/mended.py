"""What was kept of a long message, made readable again: to be looked at, never to be taken for the message."""

_OPENING = {ord("{"): ord("}"), ord("["): ord("]")}
_CLOSING, _COMMA, _QUOTE, _BACKSLASH = b"}]", ord(","), ord('"'), ord("\\")


def mended(payload: bytes) -> bytes:
    """JSON that was cut somewhere, ended after its last whole value. What is whole stays as it is."""
    open_ones = bytearray()
    end, ending = 0, b""
    in_text = escaped = False
    for at, byte in enumerate(payload):
        if in_text:
            in_text = escaped or byte != _QUOTE
            escaped = byte == _BACKSLASH and not escaped
        elif byte == _QUOTE:
            in_text = True
        elif byte in _OPENING:
            open_ones.append(_OPENING[byte])
            end, ending = at + 1, bytes(reversed(open_ones))
        elif byte in _CLOSING:
            del open_ones[-1:]
            end, ending = at + 1, bytes(reversed(open_ones))
        elif byte == _COMMA:
            end, ending = at, bytes(reversed(open_ones))
    return payload[:end] + ending if end else payload
