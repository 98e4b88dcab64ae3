"""The series tables ingest writes, derived from what the kinds declare."""

from ingest.kinds import all_kinds
from ingest.model import DeviceKind
from store.series import Column, SeriesTable

EVENT_TABLE = SeriesTable(
    name="device_event",
    columns=(
        Column(name="site_id", sql_type="bigint", required=True),
        Column(name="device_id", sql_type="bigint", required=True),
        Column(name="ts", sql_type="timestamp with time zone", required=True),
        Column(name="event_id", sql_type="text", required=True),
        Column(name="received_at", sql_type="timestamp with time zone", required=True),
        Column(name="type", sql_type="text", required=True),
        Column(name="data", sql_type="jsonb", required=True),
    ),
    key=("site_id", "device_id", "ts", "event_id"),
)


def reading_table(kind: DeviceKind) -> SeriesTable:
    """`reading_<kind>`: one row for a message, a typed column for each measure; `faults` as the device reported them."""
    return SeriesTable(
        name=f"reading_{kind.slug}",
        columns=(
            Column(name="site_id", sql_type="bigint", required=True),
            Column(name="device_id", sql_type="bigint", required=True),
            Column(name="ts", sql_type="timestamp with time zone", required=True),
            Column(name="received_at", sql_type="timestamp with time zone", required=True),
            Column(name="faults", sql_type="text[]"),
            *(Column(name=measure.slug, sql_type=measure.sql_type) for measure in kind.measures),
        ),
        arrival="received_at",
    )


def series_tables() -> tuple[SeriesTable, ...]:
    """Every series table that ingest writes."""
    return (EVENT_TABLE, *(reading_table(kind) for kind in all_kinds().values()))
