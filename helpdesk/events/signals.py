"""What a process is told after a commit."""

from django.dispatch import Signal

# Sent once for each occasion, after its commit. `events`: what it recorded, in order.
committed = Signal()
