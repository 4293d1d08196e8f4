from rules.services.clocks import ring, set_clocks_of_all, start_clocks
from rules.services.editing import BadRule, clone, delete, move, review, save, switch
from rules.services.memory import now, revise
from rules.services.passes import look
from rules.services.traces import Line, explain, forget_old

__all__ = (
    "BadRule",
    "Line",
    "clone",
    "delete",
    "explain",
    "forget_old",
    "look",
    "move",
    "now",
    "review",
    "revise",
    "ring",
    "save",
    "set_clocks_of_all",
    "start_clocks",
    "switch",
)
