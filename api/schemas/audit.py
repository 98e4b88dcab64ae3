"""The audit log, as JSON."""

from datetime import datetime

from api.schemas.base import Out


class AuditEntryOut(Out):
    """Who changed what where."""

    id: int
    at: datetime
    person_id: int | None
    person_name: str | None
    site_slug: str | None
    action: str
    subject: str
    detail: dict[str, object]
    ip: str
