"""A thing of each kind that the administration lists."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from channels_custom import services as channels
from channels_custom.models import CustomChannel
from helpdesk.cases.models import Label, Macro
from helpdesk.channels.models import Language, Schedule, Widget
from helpdesk.users.models import Agent, AgentStatus, ApiKey, BlockedValue, Company, CustomField, Group, Role
from helpdesk.widget.services import chats
from identification import keys as signing
from identification.models import LookUp
from rules.models import Action, Pause, Rule, RuleGroup, Webhook
from rules.services import webhooks
from tests import world


def furnish(rule: Rule) -> dict[str, Any]:
    """A row of each model of the admin: {name in a path: id}."""
    owner = Agent.objects.create_user("owner@example.com", None, name="Owner")
    world.api_key(owner)
    rules = {"rules_newcasesrule": rule}
    for name in ("updated", "time"):
        rules[f"rules_{name}{'cases' if name == 'updated' else ''}rule"] = made = Rule.objects.create(
            list=name, title=name
        )
        Action.objects.create(rule=made, kind="add_note", values={"text": "kanarie of a rule"})
    groups = {
        f"group of {name}": RuleGroup.objects.create(list=made.list, title="Codes") for name, made in rules.items()
    }
    talk = world.says(world.customer(world.messenger(title="Robots"), "robot"), "beep").case
    until = timezone.now() + timedelta(hours=1)
    widget = Widget.objects.create(title="Shop")
    chat = chats.make("Chat", by=None)
    channel = CustomChannel.objects.get(pk=world.messenger(title="Empty").pk)
    made_here = {
        "channels_language": Language.objects.get_or_create(code="eo", defaults={"title": "Esperanto"})[0],
        "channels_schedule": Schedule.objects.create(title="Office hours"),
        "users_company": Company.objects.create(name="Acme"),
        "users_customfield": CustomField.objects.create(key="tariff", title="Tariff"),
        "users_apikey": ApiKey.objects.get(agent=owner),
        "users_agent": owner,
        "users_group": Group.objects.create(title="Team"),
        "users_role": Role.objects.create(title="Billing"),
        "users_agentstatus": AgentStatus.objects.create(title="Lunch", available=False),
        "users_blockedvalue": BlockedValue.objects.create(pattern="info@*"),
        "cases_macro": Macro.objects.create(
            title="Refund", actions=[{"kind": "add_note", "values": {"text": "refunded"}}]
        ),
        "rules_pause": Pause.objects.create(rule=rule, case=talk, profile_id=talk.profile_id, until=until),
        "rules_webhook": webhooks.save(Webhook(title="CRM", url="https://crm.example.com/hook"), by=None),
        "cases_label": Label.objects.create(title="urgent"),
        "channels_widget": widget,
        "channels_custom_customchannel": channel,
        "identification_signingkey": signing.make("Shop", by=None)[0],
        "identification_lookup": LookUp.objects.create(widget=widget, url="https://api.example.com/users/{id}"),
        **rules,
        **groups,
    }
    made_here["test"] = channels.send_test(channel)
    named = {"public_id": widget.public_id, "chat": chat.widget.public_id, "owner": owner.pk}
    return {**{name: row.pk for name, row in made_here.items()}, **named}
