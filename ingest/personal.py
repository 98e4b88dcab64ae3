"""Takes pictures and what names a person out of payloads that are kept for somebody to look at."""

import re
from typing import Any

# Names of fields as vendors write them, whatever their case: pictures, names, plates, cards, papers, telephones.
_FIELDS = frozenset((
    "pic", "picture", "photo", "image", "imagepath", "imagefile", "sanppic", "template", "feature",
    "personname", "persionname", "username", "realname", "customid", "personid", "per_id", "rfidcard",
    "license", "plate", "platenum", "plateno", "platenumber", "cardnum", "cardno", "card", "idcard", "idnum", "idno",
    "telnum", "telephone", "phone", "mobile", "birthday", "address", "nation", "qrcode",
))  # fmt: skip
# The end of the value may be cut off. Of a list what it begins with, for it may hold lists again.
_FIELD = re.compile(
    rb'"(' + "|".join(sorted(_FIELDS)).encode() + rb')"(\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|-?\d[\d.eE+-]*|\[[^\[\]{}]*\]?)',
    re.IGNORECASE,
)
_BLOB = re.compile(rb"[A-Za-z0-9+/_-]{200,}={0,2}")
_LEFT_OUT = "…".encode()
KEPT_BYTES = 4096  # of a payload
_LONGEST_TEXT = 1000  # characters; a longer one is a picture or the like


def without_personal_fields(value: Any) -> Any:
    """What a device says, without such fields and texts as long as a picture."""
    if isinstance(value, dict):
        return {name: without_personal_fields(inner) for name, inner in value.items() if not is_personal(name)}
    if isinstance(value, list):
        return [without_personal_fields(inner) for inner in value]
    return "…" if isinstance(value, str) and len(value) > _LONGEST_TEXT else value


def is_personal(name: str) -> bool:
    """Whether a field of that name, or one of those it stands in (`info.phone.0`), is such a one."""
    return not _FIELDS.isdisjoint(name.lower().split("."))


def to_keep(payload: bytes, topic: str) -> bytes:
    """What is kept of a payload for somebody to look at: without personal data, and cut."""
    return without_personal_data(payload, topic)[:KEPT_BYTES]


def without_personal_data(payload: bytes, topic: str) -> bytes:
    """The payload with such fields and anything like a picture in base64 replaced by `…`; also of one that is cut or broken.

    Of a plain value the last level of the topic is the name (`gate/1/plate`).
    """
    if is_personal(topic.rpartition("/")[2]) and payload.strip()[:1] not in (b"{", b"["):
        return _LEFT_OUT
    payload = _FIELD.sub(rb'"\1"\2"' + _LEFT_OUT + b'"', payload)
    return _BLOB.sub(_LEFT_OUT, payload)
