"""Time zones as people choose them."""

import zoneinfo
from functools import lru_cache


@lru_cache(maxsize=1)
def named() -> tuple[tuple[str, str], ...]:
    """(name, in words) of those with a place in their name: what people look for, without the historical ones."""
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    return (("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names))
