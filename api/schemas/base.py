"""What all schemas have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]


class Out(BaseModel):
    """Goes out: built from the domain's dataclasses."""

    model_config = ConfigDict(from_attributes=True)


class In(BaseModel):
    """Comes in. Only bounds and types are checked here: what makes sense is the domain's to say."""

    model_config = ConfigDict(extra="forbid", str_max_length=5000)
