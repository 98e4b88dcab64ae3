"""What an integrator enters: which topics are read how, and what a field of a message is to us."""

from typing import Literal

import msgspec

TimeForm = Literal["text", "seconds", "milliseconds"]
TIME_FORMS: tuple[TimeForm, ...] = ("text", "seconds", "milliseconds")


class TopicMapping(msgspec.Struct, frozen=True, kw_only=True):
    """How the messages of some topics are read. `slug`: how the addresses of its devices begin, like a format's.

    `topic_filter` is what devices publish to, below the site's `raw/`; `direct`: also by itself.
    `device_from` and `time_from` say where in a message it stands: the path of a field (`data.id`), or a level of the topic
    (`topic.2`, the first is 1). Without `time_from` the time of arrival counts. `entries_from`: the path of the list, where
    one message tells of several devices; the other paths then begin in an entry of it, or in the message.
    """

    id: int
    site_id: int
    slug: str
    name: str
    topic_filter: str
    direct: bool = False
    entries_from: str = ""
    device_from: str
    time_from: str = ""
    time_form: TimeForm = "text"


class FieldRule(msgspec.Struct, frozen=True, kw_only=True):
    """What the field `source` of a message is to us: `target` is `measure:level` or `fault:overflow`.

    A number becomes value x `factor` + `addend`; so a distance of 0.8 m below a sensor 2.5 m above the bottom is a depth of
    1,700 mm by -1000 and 2500. Truths, faults and choices go by `words`: for a truth or a fault the values that mean that it
    holds (`1, on`), for a choice those of each (`open = 1, up; closed = 0`). No words: what is written as usual.
    `device_id`: of that device alone, before what is said of all.
    """

    site_id: int
    format: str
    source: str
    target: str
    device_id: int | None = None
    factor: float = 1
    addend: float = 0
    words: str = ""

    @property
    def is_fault(self) -> bool:
        """Whether it makes a fault, not a measure."""
        return self.target.startswith("fault:")

    @property
    def slug(self) -> str:
        """Of the measure or the fault."""
        return self.target.partition(":")[2]
