"""The vocabulary of conditions: fields, the operators that their kinds bring, and what may stand as a value.

An app registers what it knows about as rows of `FIELDS`; editors, API, rules, saved lists and docs read them.
"""

from helpdesk.lib.fields.choices import Choice, Column, Fixed, Rows, remembered
from helpdesk.lib.fields.controls import CONTROLS, Control, WrongValue
from helpdesk.lib.fields.dates import AGE, DATE
from helpdesk.lib.fields.field import FIELDS, Family, Field, Fields
from helpdesk.lib.fields.inputs import Input, WrongValues, parse_all
from helpdesk.lib.fields.kinds import CHOICE, FLAG, NUMBER, RANK, SET, TEXT
from helpdesk.lib.fields.loose import LOOSE
from helpdesk.lib.fields.operators import Kind, Operator, negation

KINDS = (TEXT, CHOICE, RANK, FLAG, NUMBER, DATE, AGE, SET, LOOSE)

__all__ = (
    "AGE",
    "CHOICE",
    "CONTROLS",
    "DATE",
    "FIELDS",
    "FLAG",
    "KINDS",
    "LOOSE",
    "NUMBER",
    "RANK",
    "SET",
    "TEXT",
    "Choice",
    "Column",
    "Control",
    "Family",
    "Field",
    "Fields",
    "Fixed",
    "Input",
    "Kind",
    "Operator",
    "Rows",
    "WrongValue",
    "WrongValues",
    "negation",
    "parse_all",
    "remembered",
)
