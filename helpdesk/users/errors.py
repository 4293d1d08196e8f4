"""Why a verb about people was refused."""

from django.utils.translation import gettext_lazy as _

from helpdesk.lib.errors import Refusal


class AlreadySomeoneElse(Refusal):
    code = "already_someone_else"
    status = 409
    sentence = _("This profile is already proven to be another person.")


class KeptApart(AlreadySomeoneElse):
    """An agent decided that these are two people: only an agent may decide otherwise."""

    code = "kept_apart"
    sentence = _("An agent decided that these are two people.")


class ConflictDecided(Refusal):
    code = "conflict_decided"
    status = 409
    sentence = _("This conflict has been decided already. Look again, please.")


class NoReason(Refusal):
    code = "reason_required"
    sentence = _("Say why, in a few words.")


class NotOffered(Refusal):
    code = "verdict_not_offered"
    status = 409
    sentence = _("Things have changed: this verdict makes no sense any more. Look again, please.")


class MayNotJudge(Refusal):
    code = "may_not_judge"
    status = 403
    sentence = _("You may not decide who is who. Ask an administrator for the right to link and merge people.")


class UnknownField(Refusal):
    code = "unknown_field"
    sentence = _("There is no such field.")


class BadValue(Refusal):
    code = "bad_value"
    sentence = _("This field does not take this value.")


class UnusableAddress(Refusal):
    code = "unusable_address"
    sentence = _("This cannot be the address of one single person.")


class NotUndoable(Refusal):
    code = "not_undoable"
    status = 409
    sentence = _("This operation was undone already, or something newer stands on it.")


class PlanStale(Refusal):
    code = "plan_stale"
    status = 409
    sentence = _("Something has changed since this plan was made. Look at a new one, please.")


class SamePerson(Refusal):
    code = "same_person"
    sentence = _("This is one person already.")


class OneProfileLeft(Refusal):
    code = "one_profile_left"
    sentence = _("A split needs at least one profile that goes and one that stays.")


class SeveralPeople(Refusal):
    code = "several_people"
    sentence = _("These profiles belong to several people. Only those of one person can be split off.")


class TooManyProfiles(Refusal):
    code = "too_many_profiles"
    sentence = _("At most %(most)d profiles can change hands at once.")


class PersonDeleted(Refusal):
    code = "deleted"
    sentence = _("This person was deleted.")
