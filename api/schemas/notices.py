"""Rectification notices, as JSON."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, Field

from api.schemas.base import In, Out
from patrol.notices.models import DEPARTMENTS, Department, Notice, NoticeState

# A text to the schema, so that the domain refuses an unknown word in the caller's language.
DepartmentIn = Annotated[str, Field(json_schema_extra={"enum": list(DEPARTMENTS)})]


class NoticeIn(In):
    """What a department has to put right, and by when."""

    title: str
    department: DepartmentIn
    due_at: AwareDatetime
    detail: str = ""


class NoticeCloseIn(In):
    """What was done."""

    note: str


class NoticeOut(Out):
    """`state` follows from the deadline: open, overdue, closed, closed_late."""

    id: int
    title: str
    detail: str
    department: Department
    state: NoticeState
    issued_by: str
    issued_at: datetime
    due_at: datetime
    closed_by: str | None
    closed_at: datetime | None
    closed_note: str

    @classmethod
    def of(cls, notice: Notice, now: datetime) -> Self:
        """As it is at `now`."""
        values = {name: getattr(notice, name) for name in cls.model_fields if name != "state"}
        return cls.model_validate({**values, "state": notice.state(now)})
