"""What requests need from the outside world; made once by the composition root."""

from dataclasses import dataclass

from core.clock import Clock
from core.settings import Settings
from store.db import Database
from store.listen import ChangeListener


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """Handed to `create_app`; found by requests as `request.app.state.services`."""

    settings: Settings
    db: Database
    clock: Clock
    listener: ChangeListener
