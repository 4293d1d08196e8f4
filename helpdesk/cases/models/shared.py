"""What agents share: saved views and macros. Both speak the vocabulary of `fields.py` and `actions.py`."""

from typing import Self

from django.db import models
from django.db.models import Q

from helpdesk.users.models import Agent


class View(models.Model):
    """A saved list. conditions: [{"field", "operator", "value"}], all of which must hold. owner empty: everybody's."""

    title = models.CharField(max_length=120)
    owner = models.ForeignKey(Agent, models.CASCADE, null=True, blank=True, related_name="views")
    conditions = models.JSONField(default=list)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("position", "title")

    def __str__(self) -> str:
        return self.title


class Macros(models.QuerySet["Macro"]):
    def of(self, agent: Agent) -> Self:
        """Those that this agent can run: everybody's, and their own."""
        return self.filter(Q(owner=None) | Q(owner=agent))


class Macro(models.Model):
    """Several actions with one click. actions: [{"kind", "values"}], as rules have them. owner empty: everybody's."""

    title = models.CharField(max_length=120)
    owner = models.ForeignKey(Agent, models.CASCADE, null=True, blank=True, related_name="macros")
    actions = models.JSONField(default=list)
    position = models.PositiveIntegerField(default=0)

    objects = Macros.as_manager()

    class Meta:
        ordering = ("position", "title")

    def __str__(self) -> str:
        return self.title
