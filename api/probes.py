"""What other programs ask: are you well, and how much have you done?"""

from typing import Literal

import psycopg
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from api.access import anonymous, monitoring
from api.deps import services_of
from api.metrics import render_metrics
from api.services import Services
from ingest.troubles import Trouble, list_troubles

router = APIRouter()

# Whoever asks gives up after a few seconds.
PATIENCE_SECONDS = 3.0
_REFUSING = ("disk_full", "unwritable")


class Health(BaseModel):
    """`down`: nothing can be shown. `degraded`: what is known can be read, and something else is wrong."""

    status: Literal["ok", "degraded", "down"]
    database: Literal["ok", "disk_full", "unwritable", "away"]
    ingest: Literal["ok", "stopped", "deaf", "disk_full", "unwritable", "nothing_heard", "unknown"]


@router.get("/healthz", dependencies=[anonymous()])
def healthz(request: Request, response: Response) -> Health:
    """200 while pages can be read, 503 while they cannot. The words say the rest."""
    health = health_of(services_of(request))
    response.headers["cache-control"] = "no-store"
    response.status_code = 503 if health.status == "down" else 200
    return health


@router.get("/metrics", dependencies=[monitoring()])
def metrics(request: Request) -> Response:
    """In the text format of Prometheus; also while the database is away."""
    text = render_metrics(services_of(request), patience=PATIENCE_SECONDS)
    return Response(text, media_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"})


def health_of(services: Services) -> Health:
    """How the installation is, as far as can be read."""
    try:
        with services.db.transaction(within=PATIENCE_SECONDS) as conn:
            troubles = list_troubles(conn, services.clock.now())
    except psycopg.OperationalError:
        return Health(status="down", database="away", ingest="unknown")
    return _judge(troubles)


def _judge(troubles: list[Trouble]) -> Health:
    if not troubles:
        return Health(status="ok", database="ok", ingest="ok")
    refused = sorted(trouble.why for trouble in troubles if trouble.why in _REFUSING)
    database: Literal["ok", "disk_full", "unwritable"] = "ok"
    if refused:
        database = "disk_full" if refused[0] == "disk_full" else "unwritable"
    return Health(status="degraded", database=database, ingest=troubles[0].why)
