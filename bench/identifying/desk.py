"""One desk with long histories and many codes, measured from inside; `bench/identity.py` starts it.

    python -m bench.identifying.desk HOME CASES CODES TIMES

Writes {figure: value} to HOME/figures.json.
"""

import copy
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "helpdesk.settings"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from channels_custom.models import CustomChannel  # noqa: E402
from helpdesk.cases.models import Case, Message  # noqa: E402
from helpdesk.channels.models import Level  # noqa: E402
from helpdesk.events.models import Event  # noqa: E402
from helpdesk.lib import garbage  # noqa: E402
from helpdesk.users.models import Agent, Operation, Plan, Profile  # noqa: E402
from helpdesk.users.services import plans, profiles, told  # noqa: E402
from identification import services  # noqa: E402
from identification.codes import Candidate, find  # noqa: E402
from identification.models import Code  # noqa: E402
from identification.services.redeeming import stored, use_up  # noqa: E402
from tests import world  # noqa: E402

FEW = 10  # cases of people whose history is short
AT_ONCE = 1000  # rows
ACCOUNTS = 1000  # whose codes they are
TEXT = "Hello, a question of usual length, with a full stop at its end."

# People with a history


def writer(channel: CustomChannel, name: str, cases: int) -> Profile:
    """A customer with an e-mail address, and so many closed cases of a message each."""
    profile = world.customer(channel, name)
    told.tell(profile, told.Told(email=f"{name}@example.com", said={"name": name}), by=None)
    first = world.says(profile, TEXT)
    Case.objects.filter(pk=first.case.pk).update(status="closed", active=False, active_chat=False)
    case, message = Case.objects.get(pk=first.case.pk), Message.objects.get(pk=first.message.pk)
    event = Event.objects.get(kind="message.added", message_id=message.pk)
    made = Case.objects.bulk_create(
        [copied(case, number=f"{profile.pk}-{number}") for number in range(1, cases)], AT_ONCE
    )
    said = Message.objects.bulk_create([copied(message, case=one) for one in made], AT_ONCE)
    Event.objects.bulk_create([copied(event, case_id=one.case_id, message_id=one.pk) for one in said], AT_ONCE)
    return profile


def copied(row: Any, **other: Any) -> Any:
    made = copy.copy(row)
    made._state = copy.copy(row._state)
    made.pk = None
    for name, value in other.items():
        setattr(made, name, value)
    return made


# Merging


def merging(channel: CustomChannel, ada: Agent, cases: int, times: int) -> dict[str, float]:
    """Two people become one, as an agent was shown, and two again, over and over. rows: that one merge writes."""
    one, other = (writer(channel, f"{side} of {cases}".replace(" ", "-"), cases) for side in ("one", "other"))
    settle_down()

    def plan() -> Plan:
        return plans.merge_plan_of_profiles([one.pk, other.pk], by=ada)

    def merge(shown: Plan) -> Operation:
        return plans.apply(shown.hash, reason="The same customer", by=ada)

    planned, merges, undos = [], [], []
    for _ in range(times):
        shown, took = timed(plan)
        planned.append(took)
        operation, took = timed(partial(merge, shown))
        merges.append(took)
        undos.append(timed(partial(plans.undo, operation, by=ada))[1])
    return {
        "plan": statistics.median(planned),
        "merge": statistics.median(merges),
        "undo": statistics.median(undos),
        "rows": written(partial(merge, plan())),
    }


def written(work: Callable[[], object]) -> int:
    """How many rows were inserted, changed or deleted by it, as the database counts them."""
    with transaction.atomic():
        before = _written()
        work()
        return _written() - before


def _written() -> int:
    """So far, by this connection or within this transaction."""
    if connection.vendor == "sqlite":
        return int(connection.connection.total_changes)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
        return int(cursor.fetchone()[0] or 0)


# Redeeming


def store_codes(count: int) -> None:
    """So many codes that nobody used, of many accounts: the database copies one."""
    first, *others = [profiles.meet("email", f"account-{number}@example.com") for number in range(ACCOUNTS)]
    code = services.make_code({"user_email": first.address}, by=None)[1]
    then = timezone.now() - timedelta(hours=1)
    Code.objects.filter(pk=code.pk).update(created_at=then, expires_at=then + timedelta(minutes=5))
    columns = [str(field.column) for field in Code._meta.concrete_fields if not field.primary_key]
    is_sqlite = connection.vendor == "sqlite"
    new = {
        "hash": "lower(hex(randomblob(32)))" if is_sqlite else "encode(sha256(number::text::bytea), 'hex')",
        "profile_id": f"{others[0].pk} + number %% {len(others)}",
    }
    numbers = (
        "(WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n LIMIT %s) SELECT number FROM n)"
        if is_sqlite
        else "generate_series(1, %s)"
    )
    values = ", ".join(new.get(column, f"code.{column}") for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO identification_code ({', '.join(columns)}) SELECT {values}"
            f" FROM identification_code AS code, {numbers} AS many{'' if is_sqlite else '(number)'} WHERE code.id = %s",
            [count, code.pk],
        )


def redeeming(channel: CustomChannel, name: str, times: int) -> tuple[float, float]:
    """Milliseconds of redeeming a code alone, and of taking in the whole message with one."""
    alone, whole = [], []
    for number in range(times):
        candidates, writer = find(new_code(f"{name}-{number}")), world.customer(channel, f"{name}-{number}")
        outcome, took = timed(partial(services.redeem, candidates, writer, by=writer))
        assert outcome.valid, outcome
        alone.append(took)
        text, writer = new_code(f"{name}-whole-{number}"), world.customer(channel, f"{name}-whole-{number}")
        whole.append(timed(partial(world.says, writer, text))[1])
        assert Profile.objects.get(pk=writer.pk).level == Level.PROVEN
    return statistics.median(alone), statistics.median(whole)


def using_up(channel: CustomChannel, times: int) -> float:
    """Milliseconds of finding a code and using it up, and nothing else."""
    took = []
    for number in range(times):
        (candidate,) = find(new_code(f"alone-{number}"))
        writer = world.customer(channel, f"alone-{number}")

        @transaction.atomic
        def once(candidate: Candidate = candidate, writer: Profile = writer) -> bool:
            code = stored(candidate)
            return code is not None and use_up(code, writer, timezone.now())

        used, milliseconds = timed(once)
        assert used
        took.append(milliseconds)
    return statistics.median(took)


def committing(profile: Profile, times: int) -> float:
    """Milliseconds of a transaction that changes one row: what everything else has in it."""
    rows = Profile.objects.filter(pk=profile.pk)
    return statistics.median(
        timed(transaction.atomic(partial(rows.update, created_at=timezone.now())))[1] for _ in range(times)
    )


def new_code(name: str) -> str:
    return services.make_code({"user_email": f"{name}@example.com"}, by=None)[0]


# The clock


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """(what it gives, milliseconds until it is committed)"""
    began = time.perf_counter()
    result = work()
    return result, (time.perf_counter() - began) * 1000


def settle_down() -> None:
    """What a database does by itself sooner or later: it looks at what there is."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def measure(cases: int, codes: int, times: int) -> dict[str, float]:
    call_command("migrate", verbosity=0)
    channel, ada = world.messenger(), world.admin()
    garbage.spare()  # as every process of the desk does
    few, many = merging(channel, ada, FEW, times), merging(channel, ada, cases, times)
    redeem_few, _whole = redeeming(channel, "early", times)
    store_codes(codes)
    settle_down()
    redeem, whole = redeeming(channel, "late", times)
    return {
        "merge_ms": many["merge"],
        "merge_ms_few": few["merge"],
        "plan_ms": many["plan"],
        "merge_rows": many["rows"],
        "merge_rows_growth": many["rows"] / few["rows"],
        "undo_ms": many["undo"],
        "redeem_ms_1m": redeem,
        "redeem_code_ms_1m": using_up(channel, times),
        "redeem_1m_to_few": redeem / redeem_few,
        "commit_ms": committing(world.customer(channel, "commit"), times),
        "redeem_ms_few": redeem_few,
        "receive_ms_1m": whole,
    }


if __name__ == "__main__":
    figures = measure(*map(int, sys.argv[2:]))
    (Path(sys.argv[1]) / "figures.json").write_text(json.dumps(figures))
