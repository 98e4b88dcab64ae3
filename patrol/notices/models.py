"""A notice and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Department = Literal["security", "engineering", "cleaning", "greening", "customer_service"]
NoticeState = Literal["open", "overdue", "closed", "closed_late"]

DEPARTMENTS: tuple[Department, ...] = get_args(Department)


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """What a department has to put right, by when; who said so, and who struck it off."""

    id: int
    title: str
    detail: str
    department: Department
    issued_by: str
    issued_at: datetime
    due_at: datetime
    closed_by: str | None
    closed_at: datetime | None
    closed_note: str

    def state(self, now: datetime) -> NoticeState:
        """Derived from the deadline, so that nothing can forget to mark it."""
        if self.closed_at is not None:
            return "closed" if self.closed_at <= self.due_at else "closed_late"
        return "open" if now <= self.due_at else "overdue"
