"""Series tables as their owners declare them."""

from dataclasses import dataclass
from typing import Literal

from psycopg import sql

Span = Literal["day", "month", "year"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of a series table; `sql_type` as PostgreSQL names it in information_schema (or `text[]`)."""

    name: str
    sql_type: str
    required: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesTable:
    """A table whose rows have a time `ts`. `key` makes a message delivered twice one row; it must hold `ts`.

    `span`: how much time a partition holds. `arrival` names the column that says when a row came: rows come in its order,
    so a block range index (BRIN) finds the latest arrivals at next to no cost for writers.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ("site_id", "device_id", "ts")
    span: Span = "day"
    arrival: str | None = None


def create_table(table: SeriesTable) -> sql.Composed:
    """CREATE TABLE with its columns and key."""
    columns = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(column.name), sql.SQL(column.sql_type), sql.SQL(" NOT NULL" if column.required else "")
        )
        for column in table.columns
    ]
    return sql.SQL("CREATE TABLE {} ({}, PRIMARY KEY ({}))").format(
        sql.Identifier(table.name), sql.SQL(", ").join(columns), sql.SQL(", ").join(map(sql.Identifier, table.key))
    )
