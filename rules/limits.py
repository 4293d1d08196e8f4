"""How much is enough, in one place."""

from datetime import timedelta

from django.conf import settings

# A rule that answers the same customer this often within the window is paused for that customer: by then two
# machines are talking to each other. Somebody who is asked for a code again and again stays far below.
ANSWERS: int = settings.RULE_ANSWERS
ANSWERS_WINDOW = timedelta(minutes=settings.RULE_ANSWERS_MINUTES)
ANSWERS_PAUSE = max(timedelta(hours=1), ANSWERS_WINDOW)
# The same of all rules together, for two that take turns: the one whose turn it would be is paused.
ANSWERS_OF_ALL = 2 * ANSWERS
# Events of a pause that show how it came to it, the last ones; mails about one rule.
CHAIN = 50
PAUSE_MAIL = timedelta(hours=1)

# What one rule may hold.
CONDITIONS = 100
ACTIONS = 50

# Traces: bytes of one, characters of a value in it, how long they are kept, and how many go in one sweep.
TRACE_BYTES = 2048
TRACE_VALUE = 60
TRACE_KEPT = timedelta(days=settings.RULE_TRACE_DAYS)
TRACE_SWEEP = 500

# Waits that are read at once; seconds for which one sweep rings them, so that ten thousand that are due together hold
# nobody up for long; and how long one belongs to the process that claimed it.
RING_BATCH = 50
RING_SECONDS = 2.0
RING_LEASE = timedelta(minutes=5)

# Other cases of a profile that a sign-in or a link touches, newest first.
CASES_OF_PROFILE = 20

# Cases whose clocks one job sets after a time rule was changed.
CLOCKS_BATCH = 200
