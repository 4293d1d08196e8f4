from helpdesk.ops.serving import WEB
from helpdesk.ops.serving_command import ServerCommand


class Command(ServerCommand):
    help = "Serves pages and API in the full profile. `manage.py live` serves the streams."
    kind = WEB
