"""An ingester in a process of its own, to be killed: python killable.py DATABASE_URL MQTT_URL START [SPARKPLUG_HOST_ID]."""

import sys
import threading
from datetime import datetime

from core.clock import ManualClock
from ingest.ingester import Ingester, IngestOptions
from store.db import Database
from store.listen import ChangeListener


def main() -> None:
    database_url, mqtt_url, start, *host = sys.argv[1:]
    with Database(database_url, size=4).open() as db:
        listener = ChangeListener(db)
        listener.start()
        options = IngestOptions(batch_size=50, batch_ms=5, everything=True, sparkplug_host_id=host[0] if host else None)
        clock = ManualClock(datetime.fromisoformat(start))
        with Ingester(db=db, listener=listener, clock=clock, mqtt_url=mqtt_url, options=options):
            threading.Event().wait()


if __name__ == "__main__":
    main()
