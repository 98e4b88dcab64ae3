"""How often things happen in a simulation, and how long they take: every such number, in one place."""

from collections.abc import Mapping
from datetime import timedelta

# Devices: the clock's time between two readings of a device.
REPORT_EVERY: Mapping[str, timedelta] = {
    "gate_barrier": timedelta(seconds=10),
    "access_control": timedelta(seconds=15),
    "cctv": timedelta(seconds=15),
    "drainage": timedelta(seconds=20),
    "perimeter_beam": timedelta(seconds=15),
}
REPORT_EVERY_OTHERWISE = timedelta(seconds=15)
# What devices kept from before the start of a simulation, when it is asked for.
HISTORY_EVERY = timedelta(minutes=10)
FIRST_REPORTS_WITHIN = timedelta(seconds=3)
# After the machine slept, this much is made up for; what is older is skipped, as by a device that was off.
CATCH_UP = timedelta(minutes=10)
# The behaviour of a device is computed in steps no longer than this, in simulated seconds.
LONGEST_STEP_SECONDS = 300.0

# Troubles of chance: the mean time from one to the next in a compound, and how long each lasts.
BETWEEN_TROUBLES = timedelta(minutes=12)
TROUBLE_SHARES: Mapping[str, float] = {"fault": 0.40, "silence": 0.18, "will": 0.18, "uplink": 0.14, "power_cut": 0.10}
TROUBLE_LASTS: Mapping[str, tuple[timedelta, timedelta]] = {
    "fault": (timedelta(minutes=3), timedelta(minutes=25)),
    "silence": (timedelta(minutes=10), timedelta(minutes=45)),
    "will": (timedelta(minutes=2), timedelta(minutes=20)),
    "uplink": (timedelta(seconds=40), timedelta(minutes=6)),
    "power_cut": (timedelta(minutes=3), timedelta(minutes=20)),
}
# What a device keeps while its uplink is away; then the oldest readings are lost.
DEVICE_BUFFER = 500

# Connections.
OWN_CONNECTIONS = 60
KEEPALIVE_SECONDS = 30
CONNECT_TIMEOUT_SECONDS = 1.0
RECONNECT_FIRST_SECONDS = 0.5
RECONNECT_LONGEST_SECONDS = 30.0
CONNECTION_BUFFER = 5_000
IN_FLIGHT = 100
FAREWELL_SECONDS = 1.0

# Guards.
WALKING_METRES_PER_SECOND = (1.0, 1.4)
SECONDS_AT_CHECKPOINT = (10.0, 30.0)
START_WITHIN_SHARE_OF_WINDOW = 0.2
CHECKPOINT_MISSED = 0.02
ROUND_MISSED = 0.01
LOOK_FOR_ROUNDS_EVERY = timedelta(seconds=5)
CHECK_IN_TRIES = 5

# Load.
LOAD_CONNECTIONS = 4
LOAD_TICK_SECONDS = 0.01
LOAD_IN_FLIGHT = 4_000
LOAD_VARIANTS = 24
LOAD_PROGRESS_EVERY_SECONDS = 1.0
LOAD_DRAIN_SECONDS = 30.0
