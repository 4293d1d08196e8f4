from rules.services.clocks import ring, set_clocks_of_all, start_clocks
from rules.services.editing import BadRule, clone, delete, move, restore, review, save, switch
from rules.services.memory import now, revise
from rules.services.passes import look
from rules.services.traces import Line, explain, forget_old
from rules.services.trying import on_case, on_history
from rules.services.versions import RuleChanged, difference

__all__ = (
    "BadRule",
    "Line",
    "RuleChanged",
    "clone",
    "delete",
    "difference",
    "explain",
    "forget_old",
    "look",
    "move",
    "now",
    "on_case",
    "on_history",
    "restore",
    "review",
    "revise",
    "ring",
    "save",
    "set_clocks_of_all",
    "start_clocks",
    "switch",
)
