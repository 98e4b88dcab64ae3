"""The hourly and daily tables beside each table of readings, and what of it they keep. Derived from the kinds' declarations.

A number keeps its min, avg, max and last, and how many there were, which weighs the avg. What is true or false, or one of
some choices, keeps its last and for how many seconds it was what. The rest of an hour nobody knew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from ingest.kinds import all_kinds
from ingest.model import DeviceKind, Measure, Unit
from ingest.tables import reading_table, series_tables
from store.series import Column, SeriesTable

_LAST = "(array_agg({of} ORDER BY ts DESC) FILTER (WHERE {inside} AND {of} IS NOT NULL))[1]"
# Seconds between a reading (or the hour's begin) and the next with that measure, while it holds, within the hour.
_HELD = (
    "coalesce(sum(extract(epoch FROM least({until}, ts + due.hold, due.hour + interval '1 hour') - greatest(ts, due.hour)))"
    " FILTER (WHERE {of} = {state} AND least({until}, ts + due.hold) > due.hour), 0)::real"
)
_TOTAL = "sum({name})::{type}"


@dataclass(frozen=True, kw_only=True, slots=True)
class RollupColumn:
    """A column of both tables. `of_readings` computes it for an hour, from rows `inside` it; `of_hours` from hourly rows."""

    name: str
    sql_type: LiteralString
    of: str
    of_readings: LiteralString
    of_hours: LiteralString
    state: str | bool | None = None

    @property
    def is_held(self) -> bool:
        """Whether it says how long something was in a state."""
        return self.state is not None

    def from_readings(self, inside: sql.Composable) -> sql.Composed:
        """Its expression over readings."""
        return sql.SQL(self.of_readings).format(
            of=sql.Identifier(self.of), until=sql.Identifier(until_name(self.of)), state=sql.Literal(self.state), inside=inside
        )

    def from_hours(self) -> sql.Composed:
        """Its expression over hourly rows, or over hourly and daily ones."""
        return sql.SQL(self.of_hours).format(
            name=sql.Identifier(self.name),
            of=sql.Identifier(self.name),
            type=sql.SQL(self.sql_type),
            avg=sql.Identifier(f"{self.of}_avg"),
            count=sql.Identifier(f"{self.of}_count"),
            inside=sql.SQL("true"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollup:
    """The hourly and the daily table beside one of `series`."""

    series: str
    name: str
    columns: tuple[RollupColumn, ...]

    @property
    def hourly(self) -> SeriesTable:
        """`hourly_<kind>`: an hour by the site's clock."""
        return SeriesTable(name=f"hourly_{self.name}", columns=self._columns(), span="month")

    @property
    def daily(self) -> SeriesTable:
        """`daily_<kind>`: a day by the site's clock."""
        return SeriesTable(name=f"daily_{self.name}", columns=self._columns(), span="year")

    def _columns(self) -> tuple[Column, ...]:
        return (
            Column(name="site_id", sql_type="bigint", required=True),
            Column(name="device_id", sql_type="bigint", required=True),
            Column(name="ts", sql_type="timestamp with time zone", required=True),
            *(Column(name=column.name, sql_type=column.sql_type) for column in self.columns),
        )


READINGS = RollupColumn(
    name="readings", sql_type="integer", of="ts", of_readings="(count(*) FILTER (WHERE {inside}))::integer", of_hours=_TOTAL
)
STATUS_ROLLUP = Rollup(
    series="device_status",
    name="status",
    columns=tuple(
        RollupColumn(name=name, sql_type="real", of="status", of_readings="", of_hours=_TOTAL)
        for name in ("up_s", "down_s", "unknown_s")
    ),
)


def rollup_of(kind: DeviceKind) -> Rollup:
    """The rollup of a kind's readings."""
    return Rollup(
        series=reading_table(kind).name,
        name=kind.slug,
        columns=(READINGS, *(column for measure in kind.measures for column in _columns_of(measure))),
    )


def all_rollups() -> tuple[Rollup, ...]:
    """Of readings of every kind, and of the devices' status."""
    return (*(rollup_of(kind) for kind in all_kinds().values()), STATUS_ROLLUP)


def declared_tables() -> tuple[SeriesTable, ...]:
    """Every series table of this version: those that ingest writes and those made from them."""
    return (*series_tables(), *(table for rollup in all_rollups() for table in (rollup.hourly, rollup.daily)))


def is_state(measure: Measure) -> bool:
    """Whether it is true or false or one of some choices, and no number."""
    return measure.unit in (Unit.BOOL, Unit.CHOICE)


def until_name(measure: str) -> str:
    """The column, within a query, that says when the next reading with this measure was."""
    return f"{measure} until"


def _columns_of(measure: Measure) -> Iterator[RollupColumn]:
    slug = measure.slug
    plain: LiteralString = {Unit.BOOL: "boolean", Unit.CHOICE: "text", Unit.COUNT: "bigint"}.get(measure.unit, "real")
    yield RollupColumn(name=f"{slug}_last", sql_type=plain, of=slug, of_readings=_LAST, of_hours=_LAST)
    if is_state(measure):
        states: dict[str, str | bool] = {name: name for name in measure.choices} or {"true": True, "false": False}
        for name, state in states.items():
            yield RollupColumn(name=f"{slug}_{name}_s", sql_type="real", of=slug, of_readings=_HELD, of_hours=_TOTAL, state=state)
        return
    wide: LiteralString = "double precision" if measure.unit is Unit.COUNT else "real"
    yield RollupColumn(
        name=f"{slug}_min", sql_type=plain, of=slug, of_readings="min({of}) FILTER (WHERE {inside})", of_hours="min({of})"
    )
    yield RollupColumn(
        name=f"{slug}_avg",
        sql_type=wide,
        of=slug,
        of_readings="(avg({of}) FILTER (WHERE {inside}))::" + wide,
        of_hours="(sum({avg}::double precision * {count}) / nullif(sum({count}), 0))::{type}",
    )
    yield RollupColumn(
        name=f"{slug}_max", sql_type=plain, of=slug, of_readings="max({of}) FILTER (WHERE {inside})", of_hours="max({of})"
    )
    yield RollupColumn(
        name=f"{slug}_count",
        sql_type="integer",
        of=slug,
        of_readings="(count({of}) FILTER (WHERE {inside}))::integer",
        of_hours=_TOTAL,
    )
