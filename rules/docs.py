"""docs/rules.md, written from the tables that the evaluator reads.

After a change: `manage.py shell -c "from rules import docs; docs.write()"`.
"""

import json
from pathlib import Path

from django.conf import settings
from django.utils import translation

from helpdesk.cases import texts
from rules import catalogue, limits

PATH: Path = settings.BASE_DIR / "docs" / "rules.md"

# In which texts a variable may stand.
READERS = {
    "": "all texts",
    texts.AGENTS: "notes and webhooks",
    texts.RATERS: "requests for a rating",
}

INTRODUCTION = """# Rules

<!-- Written by rules/docs.py from the tables in the code. Do not edit. -->

Six recipes show whole sets of them: [identification](recipes/identification.md), an
[answer out of hours](recipes/out_of_hours.md), [round robin](recipes/round_robin.md),
[auto-close](recipes/auto_close.md), [VIP escalation](recipes/vip_escalation.md) and
[languages](recipes/language_routing.md).

A rule has conditions and actions. It matches when **all** conditions of its first block hold and, if its second block
has any, at least **one** of those. Then its actions happen in order, all or none.

There are three lists, each run from top to bottom:

| list | runs |
|---|---|
| new cases | once when a case is made |
| updated cases | once for each thing that happens to a case: a message, a note, a changed property, a sign-in |
| time | when a clock has run out, to the minute, once for each start of the clock; all conditions are checked then |

- After a rule has fired, the next one sees the changed case. “Stop after this rule” ends the pass.
- Rules can stand in groups. None of a group that is switched off is asked, whatever its own switch says.
- What rules do starts no other pass, so rules cannot run in circles. Receipts, read marks and typing run no rules.
- A rule whose action fails does nothing at all; a red event says why, and the other rules go on.
- A rule that names something deleted cannot be used: it says so in its list, and is not skipped in silence.
- A rule that answers the same customer {answers} times within {window} minutes is paused for that customer for
  {pause} minutes, and says so.
- Negative comparisons are the exact opposite of the positive ones, also where nothing is known: where no group is
  set, *Group is not VIP* holds.
- Texts are compared without regard to upper and lower case. Dates are days in the desk's time zone: *after 8 April*
  begins with 9 April.
- *User* is the profile of the case; custom fields are those of the person behind it.
- What a browser or a channel says of a user fills the same fields as what your server says. Where a field decides
  something that only customers of yours may have, put *User is identified* beside it.
- Each pass keeps for {kept} days what it saw: *What rules did* beside a case tells which rule fired, and of each
  other one the condition that did not hold.

`manage.py export_config` writes rules as JSON, with names in place of numbers; `import_config` reads it. The API takes
and gives the same with numbers. A rule looks like this:

```json
{example}
```
"""

EXAMPLE = {
    "list": "updated",
    "title": "Unhappy and important: back to the top",
    "all": [
        {"field": "event.rated", "operator": "yes", "value": None},
        {"field": "case.rating", "operator": "less", "value": 3},
    ],
    "any": [
        {"field": "user.level", "operator": "at_least", "value": 2},
        {"field": "user.email", "operator": "contains_any", "value": ["@big-customer.example"]},
    ],
    "actions": [
        {"kind": "set_status", "values": {"status": "open"}},
        {"kind": "set_priority", "values": {"priority": "critical"}},
        {"kind": "add_note", "values": {"text": "{{ user.name | The customer }} was not happy."}},
    ],
    "stop": False,
}


def page() -> str:
    """The whole page, in English."""
    with translation.override("en"):
        parts = [_introduction(), catalogue.conditions(), catalogue.comparisons(), catalogue.actions(), _variables()]
        return "\n".join(part.rstrip() + "\n" for part in parts)


def write() -> None:
    PATH.write_text(page(), encoding="utf-8")


def _introduction() -> str:
    return INTRODUCTION.format(
        answers=limits.ANSWERS,
        window=round(limits.ANSWERS_WINDOW.total_seconds() / 60),
        pause=round(limits.ANSWERS_PAUSE.total_seconds() / 60),
        kept=limits.TRACE_KEPT.days,
        example=json.dumps(EXAMPLE, indent=2),
    )


def _variables() -> str:
    rows = [
        (f"`{{{{ {one.name} }}}}`", f"`[{one.alias}]`", str(one.label), READERS[one.only]) for one in texts.VARIABLES
    ]
    return (
        "## Variables in texts\n\n"
        + catalogue.table("in braces, in brackets, stands for, in", rows)
        + "\nCustom fields are `{{ user.cf.<key> }}` and `{{ case.cf.<key> }}`. What follows a bar stands where\n"
        "nothing is known: `Hello {{ user.name | there }}`. Nothing else in a text is read as a command.\n"
    )
