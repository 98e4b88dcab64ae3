"""Which format reads a topic, and what to subscribe to."""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

import msgspec

from ingest.mappings.decoder import decoder
from ingest.mappings.model import TopicMapping
from ingest.model import OUR_FORMAT, Decode, Decoded, Format, Message, Reply

# Everything sent to us, also with a mistake in its topic: it must be seen among the rejected messages.
_OURS_PREFIX = "gatehouse/v1/"
_OURS = f"{_OURS_PREFIX}#"
# What a vendor's device, or a compound's bridge, sends below `gatehouse/v1/<site>/raw/` is of that compound.
_RAW = re.compile("gatehouse/v1/([^/]+)/raw/(.+)", re.DOTALL)
_MOST_TOPICS = 20_000
_MOST_DECODERS = 20_000


class Reader(msgspec.Struct, frozen=True):
    """What reads a topic: its format's decoder; for a vendor's topic below a compound's, that compound and the vendor's topic.

    `mapping`: it is read as an integrator said.
    """

    format: str
    decode: Decode
    site: str | None = None
    topic: str | None = None
    mapping: TopicMapping | None = None

    def read(self, message: Message) -> list[Decoded]:
        """What the message says; raises RejectedError."""
        return self.decode(message if self.topic is None else msgspec.structs.replace(message, topic=self.topic))

    def below(self, reply: Reply) -> Reply:
        """Where the sender hears it: below its compound's topics, if it speaks from there."""
        return reply if self.site is None else Reply(topic=f"{_OURS_PREFIX}{self.site}/raw/{reply.topic}", payload=reply.payload)


class Readers:
    """Finds what reads a topic by the formats' filters; the first that fits wins.

    Of each format one decoder is kept for topics that name no compound, and one for each compound: what two compounds call
    alike must not be taken for one. What no format reads is read by the mappings of the compound, or, where a topic names
    none, by those mappings that are meant for it.

    Our own answers, which come back to us below a compound's topics, say nothing.

    A topic of our own that none fits is the native format's, which says what is wrong with it.
    """

    def __init__(self, formats: Mapping[str, Format]) -> None:
        self._formats = formats
        self._readers = {slug: Reader(slug, format_.decoder()) for slug, format_ in formats.items()}
        self._decoders: dict[tuple[str, str], Decode] = {}
        self._by_pattern = [(filter_pattern(each), self._readers[slug]) for slug, f in formats.items() for each in f.topics]
        answers = Reader("answer", lambda _: [])
        self._by_pattern += [(filter_pattern(each), answers) for f in formats.values() for each in f.answers]
        self._ours = self._readers.get(OUR_FORMAT)
        self._mapped: dict[str, list[tuple[re.Pattern[str], Reader]]] = {}
        self._direct: list[tuple[re.Pattern[str], Reader]] = []
        # Devices send to the same topics again and again.
        self._find_other = lru_cache(maxsize=_MOST_TOPICS)(self._match)

    def find(self, topic: str) -> Reader | None:
        """What reads it; None: nothing of ours does."""
        if self._ours is not None and topic.startswith(_OURS_PREFIX) and "/raw/" not in topic:
            return self._ours
        return self._find_other(topic)

    def follow(self, mappings: Mapping[str, Iterable[TopicMapping]]) -> None:
        """Read these as well from now on, by the slugs of their sites."""
        self._mapped, self._direct = {}, []
        for site, of_site in mappings.items():
            for mapping in of_site:
                pattern = filter_pattern(mapping.topic_filter)
                reader = Reader(mapping.slug, decoder(mapping, site), site=site, mapping=mapping)
                self._mapped.setdefault(site, []).append((pattern, reader))
                if mapping.direct:
                    self._direct.append((pattern, reader))
        self._find_other.cache_clear()

    def _match(self, topic: str) -> Reader | None:
        if raw := _RAW.fullmatch(topic):
            site, inner = raw[1], raw[2]
            if reader := _first_fitting(self._by_pattern, inner):
                return Reader(reader.format, self._decoder_of(site, reader), site=site, topic=inner)
            mapped = _first_fitting(self._mapped.get(site, ()), inner)
            return mapped and msgspec.structs.replace(mapped, topic=inner)
        if topic.startswith(_OURS_PREFIX):
            return self._ours
        return _first_fitting(self._by_pattern, topic) or _first_fitting(self._direct, topic)

    def _decoder_of(self, site: str, reader: Reader) -> Decode:
        format_ = self._formats.get(reader.format)
        if format_ is None:
            return reader.decode
        key = (reader.format, site)
        if key not in self._decoders:
            if len(self._decoders) >= _MOST_DECODERS:  # somebody invents compounds
                self._decoders.pop(next(iter(self._decoders)))
            self._decoders[key] = format_.decoder()
        return self._decoders[key]


def _first_fitting(readers: Iterable[tuple[re.Pattern[str], Reader]], topic: str) -> Reader | None:
    return next((reader for pattern, reader in readers if pattern.fullmatch(topic)), None)


def subscriptions(formats: Mapping[str, Format], sites: Collection[str] = (), *, vendors: bool = True) -> tuple[str, ...]:
    """What to subscribe to, so that no message comes by two subscriptions of ours.

    `sites`: only what is below these; empty: all. `vendors`: also topics that name no site.
    """
    own = [f"{_OURS_PREFIX}{site}/#" for site in sorted(sites)] or [_OURS]
    if not vendors:
        return tuple(own)
    ours = filter_pattern(_OURS)
    others = (each for format_ in formats.values() for each in format_.topics if not ours.fullmatch(each))
    return (*own, *dict.fromkeys(others))


def is_filter(text: str) -> bool:
    """Whether it is an MQTT topic filter that can be matched: `#` only at the end, wildcards only as whole levels."""
    levels = text.split("/")
    if not text or "#" in levels[:-1]:
        return False
    return all(level in ("+", "#") or not ("+" in level or "#" in level) for level in levels) and text.isprintable()


def overlap(one: str, other: str) -> bool:
    """Whether some topic fits both filters."""
    a, b = one.split("/"), other.split("/")
    for left, right in zip(a, b, strict=False):
        if "#" in (left, right):
            return True
        if left != right and "+" not in (left, right):
            return False
    longer = max(a, b, key=len)[min(len(a), len(b)) :]
    return longer in ([], ["#"])


def covers(wide: str, narrow: str) -> bool:
    """Whether every topic that fits `narrow` fits `wide`."""
    a, b = wide.split("/"), narrow.split("/")
    for left, right in zip(a, b, strict=False):
        if left == "#":
            return True
        if right == "#" or (left not in ("+", right)):
            return False
    return len(a) == len(b) or a[len(b) :] == ["#"]


def nats_subjects(topic_filter: str) -> tuple[str, ...]:
    """An MQTT filter as the NATS server names what it allows. Source: its documentation of MQTT topics.

    An empty level is `/`, a dot within one `//`; `a/#` also means `a`.
    """
    wild = {"+": "*", "#": ">", "": "/"}
    levels = [wild.get(level) or level.replace(".", "//") for level in topic_filter.split("/")]
    subject = ".".join(levels)
    return (subject, ".".join(levels[:-1])) if levels[-1] == ">" and len(levels) > 1 else (subject,)


def filter_pattern(topic_filter: str) -> re.Pattern[str]:
    """An MQTT topic filter as a pattern for full matches. `a/#` also matches `a`; a leading wildcard no `$` topic."""
    levels = topic_filter.split("/")
    deep = levels[-1] == "#"
    pattern = "/".join("[^/]*" if level == "+" else re.escape(level) for level in (levels[:-1] if deep else levels))
    if deep:
        pattern = f"{pattern}(?:/.*)?" if pattern else ".*"
    if levels[0] in ("+", "#"):
        pattern = rf"(?!\$){pattern}"
    return re.compile(pattern, re.DOTALL)
