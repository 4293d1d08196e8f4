"""Shared addresses in the admin: what many write from makes no one person of them."""

from django.contrib import admin

from helpdesk.lib.admin import NamedAdmin
from helpdesk.users.models import BlockedValue


@admin.register(BlockedValue)
class SharedAddressAdmin(NamedAdmin[BlockedValue]):
    """What was linked before stays linked; what follows is not."""

    fields = ("pattern", "note")
    list_display = ("pattern", "note")
    search_fields = ("pattern", "note")
