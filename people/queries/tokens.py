"""SQL of API tokens."""

from datetime import datetime

from people.models import ApiToken
from store.db import Connection, execute, fetch_all, fetch_one, find_one


def create_token(conn: Connection, *, person_id: int, name: str, token_hash: bytes, now: datetime) -> ApiToken:
    return fetch_one(
        conn,
        ApiToken,
        """
        INSERT INTO api_token (person_id, name, token_hash, created_at)
        VALUES (%(person_id)s, %(name)s, %(token_hash)s, %(now)s)
        RETURNING id, person_id, name, created_at, last_used_at
        """,
        person_id=person_id,
        name=name,
        token_hash=token_hash,
        now=now,
    )


def find_token(conn: Connection, *, token_hash: bytes) -> ApiToken | None:
    """A token that is not revoked."""
    return find_one(
        conn,
        ApiToken,
        """
        SELECT id, person_id, name, created_at, last_used_at
          FROM api_token
         WHERE token_hash = %(token_hash)s AND revoked_at IS NULL
        """,
        token_hash=token_hash,
    )


def list_tokens(conn: Connection, *, person_id: int) -> list[ApiToken]:
    """A person's tokens that hold, newest first."""
    return fetch_all(
        conn,
        ApiToken,
        """
        SELECT id, person_id, name, created_at, last_used_at
          FROM api_token
         WHERE person_id = %(person_id)s AND revoked_at IS NULL
         ORDER BY id DESC
        """,
        person_id=person_id,
    )


def mark_token_used(conn: Connection, *, token_id: int, now: datetime, used_before: datetime) -> None:
    """Skipped while another request with the same token is doing it."""
    execute(
        conn,
        """
        UPDATE api_token SET last_used_at = %(now)s
         WHERE id = (SELECT id FROM api_token
                      WHERE id = %(token_id)s AND (last_used_at IS NULL OR last_used_at <= %(used_before)s)
                        FOR UPDATE SKIP LOCKED)
        """,
        token_id=token_id,
        now=now,
        used_before=used_before,
    )


def revoke_token(conn: Connection, *, person_id: int, token_id: int, now: datetime) -> ApiToken:
    return fetch_one(
        conn,
        ApiToken,
        """
        UPDATE api_token SET revoked_at = %(now)s
         WHERE id = %(token_id)s AND person_id = %(person_id)s AND revoked_at IS NULL
        RETURNING id, person_id, name, created_at, last_used_at
        """,
        person_id=person_id,
        token_id=token_id,
        now=now,
    )


def revoke_tokens_of(conn: Connection, *, person_id: int, now: datetime) -> int:
    """How many held until now."""
    return execute(
        conn,
        "UPDATE api_token SET revoked_at = %(now)s WHERE person_id = %(person_id)s AND revoked_at IS NULL",
        person_id=person_id,
        now=now,
    )
