"""How much is enough, in one place."""

from datetime import timedelta

# A rule that answers the same customer this often within the window is paused for that customer: by then two
# machines are talking to each other. Somebody who is asked for a code again and again stays far below.
ANSWERS = 20
ANSWERS_WINDOW = timedelta(minutes=10)
ANSWERS_PAUSE = timedelta(hours=1)

# What one rule may hold.
CONDITIONS = 100
ACTIONS = 50

# Traces: bytes of one, characters of a value in it, how long they are kept, and how many go in one sweep.
TRACE_BYTES = 2048
TRACE_VALUE = 60
TRACE_KEPT = timedelta(days=14)
TRACE_SWEEP = 500

# Waits that one sweep rings, and how long one belongs to the process that claimed it.
RING_BATCH = 50
RING_LEASE = timedelta(minutes=5)

# Other cases of a profile that a sign-in or a link touches, newest first.
CASES_OF_PROFILE = 20

# Cases whose clocks one job sets after a time rule was changed.
CLOCKS_BATCH = 200
