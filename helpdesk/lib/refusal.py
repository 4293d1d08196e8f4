"""How a process says that it cannot start, the same at each entrance."""

import sys
from typing import NoReturn


def refuse(reason: object) -> NoReturn:
    """Ends the process with one sentence on standard error and exit code 2."""
    print(f"The helpdesk did not start. {reason}", file=sys.stderr)
    sys.exit(2)
