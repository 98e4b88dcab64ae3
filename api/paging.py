"""Long lists page by page, by a cursor that stays right while rows are added."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel

from core.errors import Invalid

Item = TypeVar("Item")
Row = TypeVar("Row")
Key = TypeVar("Key", int, str)

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class Page(BaseModel, Generic[Item]):
    """A part of a list; `next` is the cursor of the following part, null at the end."""

    items: list[Item]
    next: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PageRequest:
    """Which part is asked for: what follows the row with that key, an id or a unique text."""

    limit: int
    cursor: str | None

    @property
    def after(self) -> int | None:
        """The id of the last row seen, in a list by id."""
        return decode_cursor(self.cursor, int) if self.cursor else None

    @property
    def after_text(self) -> str | None:
        """The key of the last row seen, in a list by a unique text."""
        return decode_cursor(self.cursor, str) if self.cursor else None

    def page(self, rows: Sequence[Row], *, key: Callable[[Row], int | str]) -> tuple[list[Row], str | None]:
        """Cut `limit + 1` fetched rows into a page and the cursor of the next."""
        items = list(rows[: self.limit])
        return items, (encode_cursor(key(items[-1])) if len(rows) > self.limit else None)


def encode_cursor(key: int | str) -> str:
    """An opaque text for a row's key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, kind: type[Key]) -> Key:
    """The key of a cursor; Invalid when it is none of this list's."""
    try:
        key: object = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        key = None
    if not isinstance(key, kind) or isinstance(key, bool):
        raise Invalid("cursor", field="cursor")
    return key


def _page_request(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT, cursor: Annotated[str | None, Query(max_length=200)] = None
) -> PageRequest:
    return PageRequest(limit=limit, cursor=cursor)


Paging = Annotated[PageRequest, Depends(_page_request)]
