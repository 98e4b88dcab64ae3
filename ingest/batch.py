"""What some messages, and the silence of others, come to: everything one transaction writes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ingest.discovered import Discoveries
from ingest.mappings.heard import Heard
from ingest.model import Message, Reply
from ingest.rejected import RejectedMessages
from ingest.stats import Heartbeat
from ingest.tracked import Seen, Transition
from ingest.unmapped import Unmapped
from store.notify import Change

Row = tuple[bytes, Message]  # in binary COPY format, and the message it came by


@dataclass(kw_only=True, slots=True)
class TableRows:
    """Rows for one series table. `late` ones may be there already, or are older than others; `fresh` ones are new."""

    fresh: list[Row] = field(default_factory=list)
    late: list[Row] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class Batch:
    """One transaction's worth. `oldest` and `newest`: the times its rows lie between; `…_at`: sites.

    `replies` are published when it is committed.
    """

    messages: Sequence[Message] = ()
    rows: dict[str, TableRows] = field(default_factory=dict)
    oldest: datetime | None = None
    newest: datetime | None = None
    readings_at: set[int] = field(default_factory=set)
    events_at: set[int] = field(default_factory=set)
    rejected: RejectedMessages = field(default_factory=RejectedMessages)
    discovered: Discoveries = field(default_factory=Discoveries)
    unmapped: list[Unmapped] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    heartbeat: Heartbeat | None = None
    changes: list[Change] = field(default_factory=list)

    def add_row(self, table: str, row: Row, ts: datetime, *, late: bool) -> None:
        """A row for a series table."""
        rows = self.rows.get(table)
        if rows is None:
            rows = self.rows[table] = TableRows()
        (rows.late if late else rows.fresh).append(row)
        if self.oldest is None or ts < self.oldest:
            self.oldest = ts
        if self.newest is None or ts > self.newest:
            self.newest = ts

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write; messages without effect can be acknowledged at once."""
        return not (
            self.rows
            or len(self.rejected)
            or len(self.discovered)
            or self.unmapped
            or self.heard
            or self.transitions
            or self.seen
            or self.heartbeat
            or self.changes
        )
