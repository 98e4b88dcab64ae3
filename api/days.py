"""A day of a site as a query parameter."""

from datetime import date
from typing import Annotated

from fastapi import Query

# Far enough for every record, and near enough that the day after it exists in every zone.
FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2199, 12, 31)

Day = Annotated[date | None, Query(alias="date", ge=FIRST_DAY, le=LAST_DAY, description="A day in the site's zone; absent: today.")]
