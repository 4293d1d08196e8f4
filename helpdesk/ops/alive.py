"""Does a server of this machine answer? For health checks of containers, so without Django: it starts at once.

python -m helpdesk.ops.alive [PORT]
"""

import os
import socket
import sys
from urllib.parse import urlsplit

PATIENCE = 3.0  # seconds


def answers(port: int) -> bool:
    """Whether `/healthz` says 200 within PATIENCE, asked under the desk's own name."""
    name = urlsplit(os.environ.get("BASE_URL") or "http://localhost").hostname or "localhost"
    request = f"GET /healthz HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
            line.sendall(request.encode())
            return line.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if answers(int((*sys.argv[1:], "8000")[0])) else 1)
