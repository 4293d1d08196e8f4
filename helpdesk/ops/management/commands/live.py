from helpdesk.ops.serving import LIVE
from helpdesk.ops.serving_command import ServerCommand


class Command(ServerCommand):
    help = "Serves the streams below /live/ in the full profile, for `manage.py web`."
    kind = LIVE
