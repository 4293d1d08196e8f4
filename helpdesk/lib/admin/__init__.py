"""What our admin pages share: plain words, a name for every input, secrets that are shown once."""

from helpdesk.lib.admin.consequences import WITNESSES, TellingAdmin, missed
from helpdesk.lib.admin.named import NamedAdmin, NamedForm, NamedTabular, name_inputs
from helpdesk.lib.admin.secret import SecretAdmin, ShownOnce
from helpdesk.lib.admin.sections import SECTIONS

__all__ = [
    "SECTIONS",
    "WITNESSES",
    "NamedAdmin",
    "NamedForm",
    "NamedTabular",
    "SecretAdmin",
    "ShownOnce",
    "TellingAdmin",
    "missed",
    "name_inputs",
]
