"""Pages and API of the full profile."""

import os

from django.core.wsgi import get_wsgi_application

from helpdesk.lib import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
application = get_wsgi_application()
garbage.spare()
