"""Name servers that say what one likes."""

import socket
from collections.abc import Callable
from typing import Any

PUBLIC, PRIVATE = "93.184.215.14", "10.0.0.1"
Row = tuple[Any, ...]


def resolver(*rounds: list[str]) -> Callable[..., list[Row]]:
    """A name server that says the next of these each time, and the last for ever."""
    left = list(rounds)

    def getaddrinfo(host: str, port: int, *rest: Any) -> list[Row]:
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [row(address, port) for address in addresses]

    return getaddrinfo


def row(address: str, port: int) -> Row:
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
