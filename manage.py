#!/usr/bin/env python
"""The command line. A wrong setting or a taken port ends with one sentence and exit code 2."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from helpdesk.lib.refusal import refuse
from helpdesk.ops import start


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    start.prepare(sys.argv)
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        refuse(error)


if __name__ == "__main__":
    main()
