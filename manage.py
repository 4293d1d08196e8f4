#!/usr/bin/env python
"""The command line. A wrong setting or a taken port ends with one sentence and exit code 2."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from helpdesk.ops import start


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    start.prepare(sys.argv)
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        print(f"The helpdesk did not start. {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
