from rules.services.clocks import ring, set_clocks_of_all, start_clocks
from rules.services.editing import BadRule, clone, delete, restore, review, save, switch
from rules.services.grouping import BadGroup, delete_group, make_group, move_group, rename_group, switch_group
from rules.services.looking_back import on_history
from rules.services.memory import now, revise
from rules.services.ordering import Layout, OrderChanged, OtherList, arrange, layout, move, put
from rules.services.passes import look
from rules.services.pausing import chain, forget_old_pauses, present, resume
from rules.services.silence import Silence, why_none
from rules.services.traces import Line, explain, forget_old, took
from rules.services.trying import on_case
from rules.services.versions import RuleChanged, difference

__all__ = (
    "BadGroup",
    "BadRule",
    "Layout",
    "Line",
    "OrderChanged",
    "OtherList",
    "RuleChanged",
    "Silence",
    "arrange",
    "chain",
    "clone",
    "delete",
    "delete_group",
    "difference",
    "explain",
    "forget_old",
    "forget_old_pauses",
    "layout",
    "look",
    "make_group",
    "move",
    "move_group",
    "now",
    "on_case",
    "on_history",
    "present",
    "put",
    "rename_group",
    "restore",
    "resume",
    "review",
    "revise",
    "ring",
    "save",
    "set_clocks_of_all",
    "start_clocks",
    "switch",
    "switch_group",
    "took",
    "why_none",
)
