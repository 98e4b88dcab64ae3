"""SQL of what integrators entered: mappings of topics, rules of fields, and the last messages that mappings read."""

from collections.abc import Collection, Sequence

import msgspec

from ingest.mappings.heard import Heard
from ingest.mappings.model import FieldRule, TopicMapping
from ingest.personal import KEPT_BYTES
from ingest.views import HeardMessage
from store.db import Connection, execute, fetch_all, fetch_one, fetch_value


def list_mappings(conn: Connection, *, site_ids: Collection[int]) -> list[TopicMapping]:
    """The mappings of these sites, by slug."""
    return fetch_all(
        conn,
        TopicMapping,
        """
        SELECT id, site_id, slug, name, topic_filter, direct, entries_from, device_from, time_from, time_form
          FROM mapping
         WHERE site_id = ANY(%(site_ids)s::bigint[])
         ORDER BY site_id, slug
        """,
        site_ids=list(site_ids),
    )


def get_mapping(conn: Connection, site_id: int, mapping_id: int) -> TopicMapping:
    """One of the site's. Raises NotFound."""
    return fetch_one(
        conn,
        TopicMapping,
        """
        SELECT id, site_id, slug, name, topic_filter, direct, entries_from, device_from, time_from, time_form
          FROM mapping
         WHERE site_id = %(site_id)s AND id = %(mapping_id)s
        """,
        site_id=site_id,
        mapping_id=mapping_id,
    )


def list_direct_filters(conn: Connection, *, but: int | None = None) -> list[str]:
    """The topics, of every site, that are read as they are, without a site before them; those of mapping `but` left out."""
    rows: list[tuple[str]] = conn.execute(
        "SELECT topic_filter FROM mapping WHERE direct AND id IS DISTINCT FROM %(but)s::bigint ORDER BY topic_filter", {"but": but}
    ).fetchall()
    return [row[0] for row in rows]


def insert_mapping(conn: Connection, mapping: TopicMapping) -> int | None:
    """Its id, which the mapping does not have yet; None when the site has one of this slug."""
    found = conn.execute(
        """
        INSERT INTO mapping (site_id, slug, name, topic_filter, direct, entries_from, device_from, time_from, time_form)
        VALUES (%(site_id)s, %(slug)s, %(name)s, %(topic_filter)s, %(direct)s, %(entries_from)s, %(device_from)s, %(time_from)s,
                %(time_form)s)
            ON CONFLICT (site_id, slug) DO NOTHING
        RETURNING id
        """,
        msgspec.structs.asdict(mapping),
    ).fetchone()
    return None if found is None else int(found[0])


def update_mapping(conn: Connection, mapping: TopicMapping) -> None:
    """All of it but the slug, by which its devices are addressed."""
    execute(
        conn,
        """
        UPDATE mapping
           SET name = %(name)s, topic_filter = %(topic_filter)s, direct = %(direct)s, entries_from = %(entries_from)s,
               device_from = %(device_from)s, time_from = %(time_from)s, time_form = %(time_form)s
         WHERE site_id = %(site_id)s AND id = %(id)s
        """,
        **msgspec.structs.asdict(mapping),
    )


def delete_mapping(conn: Connection, *, site_id: int, mapping_id: int) -> None:
    """With the messages kept of it."""
    execute(conn, "DELETE FROM mapping WHERE site_id = %(site_id)s AND id = %(mapping_id)s", site_id=site_id, mapping_id=mapping_id)


def count_devices_of(conn: Connection, *, site_id: int, format_: str) -> int:
    """How many devices in operation have an address of that format or mapping."""
    return int(
        fetch_value(
            conn,
            """
            SELECT count(*) FROM device
             WHERE site_id = %(site_id)s AND retired_at IS NULL AND split_part(address, ':', 1) = %(format)s
            """,
            site_id=site_id,
            format=format_,
        )
    )


def list_rules(conn: Connection, *, site_ids: Collection[int], format_: str | None = None) -> list[FieldRule]:
    """The rules of these sites, of that format alone if one is named, in the order they were entered in."""
    return fetch_all(
        conn,
        FieldRule,
        """
        SELECT site_id, format, device_id, source, target, factor, addend, words
          FROM mapping_rule
         WHERE site_id = ANY(%(site_ids)s::bigint[]) AND (%(format)s::text IS NULL OR format = %(format)s)
         ORDER BY site_id, format, id
        """,
        site_ids=list(site_ids),
        format=format_,
    )


def replace_rules(conn: Connection, *, site_id: int, format_: str, device_id: int | None, rules: Sequence[FieldRule]) -> None:
    """What is said of the fields of all devices of a format, or of one device alone, from now on."""
    execute(
        conn,
        """
        DELETE FROM mapping_rule
         WHERE site_id = %(site_id)s AND format = %(format)s AND device_id IS NOT DISTINCT FROM %(device_id)s::bigint
        """,
        site_id=site_id,
        format=format_,
        device_id=device_id,
    )
    execute(
        conn,
        """
        INSERT INTO mapping_rule (site_id, format, device_id, source, target, factor, addend, words)
        SELECT %(site_id)s, %(format)s, %(device_id)s::bigint, t.source, t.target, t.factor, t.addend, t.words
          FROM unnest(%(sources)s::text[], %(targets)s::text[], %(factors)s::float8[], %(addends)s::float8[], %(words)s::text[])
               WITH ORDINALITY AS t (source, target, factor, addend, words, position)
         ORDER BY t.position
        """,
        site_id=site_id,
        format=format_,
        device_id=device_id,
        sources=[rule.source for rule in rules],
        targets=[rule.target for rule in rules],
        factors=[float(rule.factor) for rule in rules],
        addends=[float(rule.addend) for rule in rules],
        words=[rule.words for rule in rules],
    )


def delete_rules_of(conn: Connection, *, site_id: int, format_: str) -> None:
    """Also those of single devices."""
    execute(conn, "DELETE FROM mapping_rule WHERE site_id = %(site_id)s AND format = %(format)s", site_id=site_id, format=format_)


def add_heard(conn: Connection, messages: Sequence[Heard]) -> None:
    """Keep messages as the last ones of their mappings, while these exist."""
    execute(
        conn,
        """
        INSERT INTO mapping_message (mapping_id, slot, topic, payload, received_at)
        SELECT DISTINCT ON (t.mapping_id, t.slot) t.mapping_id, t.slot, t.topic, t.payload, t.received_at
          FROM unnest(%(mapping_ids)s::bigint[], %(slots)s::smallint[], %(topics)s::text[], %(payloads)s::bytea[],
                      %(ats)s::timestamptz[]) AS t (mapping_id, slot, topic, payload, received_at)
          JOIN mapping m ON m.id = t.mapping_id
         ORDER BY t.mapping_id, t.slot, t.received_at DESC
            ON CONFLICT (mapping_id, slot) DO UPDATE
           SET topic = excluded.topic, payload = excluded.payload, received_at = excluded.received_at
         WHERE mapping_message.received_at <= excluded.received_at
        """,
        mapping_ids=[each.mapping_id for each in messages],
        slots=[each.slot for each in messages],
        topics=[each.topic for each in messages],
        payloads=[each.payload for each in messages],
        ats=[each.received_at for each in messages],
    )


def list_heard(conn: Connection, *, site_id: int, mapping_id: int) -> list[HeardMessage]:
    """The last messages that a mapping read, the newest first."""
    return fetch_all(
        conn,
        HeardMessage,
        """
        SELECT h.topic, h.payload, h.received_at, length(h.payload) >= %(most)s AS is_cut
          FROM mapping_message h
          JOIN mapping m ON m.id = h.mapping_id
         WHERE m.site_id = %(site_id)s AND m.id = %(mapping_id)s
         ORDER BY h.received_at DESC
        """,
        most=KEPT_BYTES,
        site_id=site_id,
        mapping_id=mapping_id,
    )


def list_unread(conn: Connection, *, site_id: int | None, limit: int = 50) -> list[HeardMessage]:
    """The last messages at a site, or (None) at none we know, that no format reads, the newest first; each topic once."""
    return fetch_all(
        conn,
        HeardMessage,
        """
        SELECT topic, payload, last_at AS received_at, payload_bytes > length(payload) AS is_cut
          FROM rejected_message
         WHERE site_id IS NOT DISTINCT FROM %(site_id)s::bigint AND reason = 'topic' AND detail_key = 'no_format' AND topic <> ''
         ORDER BY last_at DESC, id DESC
         LIMIT %(limit)s
        """,
        site_id=site_id,
        limit=limit,
    )
