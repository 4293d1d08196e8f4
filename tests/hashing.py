"""Passwords in tests: the product's own method at its lowest cost, since real cost is most of a test's time."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Cheap(Argon2PasswordHasher):
    """Its hashes work in a real process, too: they carry their own cost."""

    time_cost = 1
    memory_cost = 8  # KiB
    parallelism = 1
