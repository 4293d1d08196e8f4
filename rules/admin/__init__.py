"""Rules in the admin: three ordered lists with their groups, a page per rule with the editor, and its versions."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from rules import macro_admin, pause_admin, webhook_admin
from rules.admin.editor import EditorPages
from rules.admin.firings import FiringPages
from rules.admin.groups import GroupPages
from rules.admin.lists import ListPages
from rules.admin.versions import VersionPages
from rules.models import NewCasesRule, RuleList, TimeRule, UpdatedCasesRule


class RuleAdmin(ListPages, GroupPages, VersionPages, FiringPages, EditorPages):
    """One of the three lists."""


@admin.register(NewCasesRule)
class NewCasesRuleAdmin(RuleAdmin):
    list_name = RuleList.NEW
    heading = _("Rules for new cases")


@admin.register(UpdatedCasesRule)
class UpdatedCasesRuleAdmin(RuleAdmin):
    list_name = RuleList.UPDATED
    heading = _("Rules for updated cases")


@admin.register(TimeRule)
class TimeRuleAdmin(RuleAdmin):
    list_name = RuleList.TIME
    heading = _("Time rules")


# Pages of their own, registered where they are written.
PAGES = (macro_admin.MacroAdmin, pause_admin.PauseAdmin, webhook_admin.WebhookAdmin)
