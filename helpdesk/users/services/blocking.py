"""Whom we do not talk to: blocked people, deleted ones, and what stays with both when people are told apart."""

from django.utils import timezone

from helpdesk.events.occasion import current, occasion
from helpdesk.events.services import Actor, record
from helpdesk.users.models import Operation, Person, Profile
from helpdesk.users.services import undoing


@occasion
def block(person: Person, *, by: Actor | None) -> None:
    """What this person writes makes no case any more."""
    Person.objects.filter(pk=person.pk).update(blocked=True, updated_at=timezone.now())
    record("person.blocked", by=by, person=person)


@occasion
def unblock(person: Person, *, by: Actor | None) -> None:
    Person.objects.filter(pk=person.pk).update(blocked=False, updated_at=timezone.now())
    record("person.unblocked", by=by, person=person)


@occasion
def disable(person: Person, *, by: Actor | None) -> None:
    """Moved to *deleted*: no search finds them, no code is made for them, nothing is looked up or merged.

    Their cases stay, and who writes again is back: a customer is never lost.
    """
    Person.objects.filter(pk=person.pk).update(deleted_at=timezone.now(), updated_at=timezone.now())
    record("person.disabled", by=by, person=person)


@occasion
def restore(person: Person, *, by: Actor | None) -> None:
    """Neither blocked nor deleted any more."""
    was = Person.objects.get(pk=person.pk)
    if was.blocked:
        unblock(person, by=by)
    if was.deleted_at:
        Person.objects.filter(pk=person.pk).update(deleted_at=None, updated_at=timezone.now())
        person.deleted_at = None
        record("person.restored", by=by, person=person)


def put(person: Person, blocked: bool) -> None:
    """On a person that is held."""
    person.blocked, person.updated_at = blocked, timezone.now()
    person.save(update_fields=["blocked", "updated_at"])


def keep(operation: Operation, held: dict[int, Profile]) -> None:
    """A block, or a lock on codes, that came after the operation holds for whoever leaves the person by its undo."""
    people = {pk: held[int(pk)].person for pk in operation.plan["before"]}
    blocked = undoing.blocked_since(operation, [left.pk for left in people.values() if left.blocked])
    for pk, was in operation.plan["before"].items():
        left, back = people[pk], current().lock("person", Person.objects.all(), [was["person"]])[0]
        if left.pk in blocked and not back.blocked:
            put(back, True)
        if left.codes_locked_at and left.codes_locked_at > operation.at:
            lock_as(back, left)


def lock_as(person: Person, other: Person) -> None:
    """Wrong codes were sent by both, as far as anybody knows: one is locked as the other is."""
    if other.codes_locked_at and not person.codes_locked_at:
        person.codes_locked_at = other.codes_locked_at
        person.save(update_fields=["codes_locked_at"])
