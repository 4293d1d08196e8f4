"""A thing of each kind that the administration lists."""

from typing import Any

from channels_custom import services as channels
from channels_custom.models import CustomChannel
from helpdesk.cases.models import Label
from helpdesk.channels.models import Language, Widget
from helpdesk.users.models import Agent, ApiKey, BlockedValue, Company, CustomField, Group
from identification import keys as signing
from identification.models import LookUp
from rules.models import Action, Rule
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
    widget = Widget.objects.create(title="Shop")
    channel = CustomChannel.objects.get(pk=world.messenger(title="Empty").pk)
    made_here = {
        "channels_language": Language.objects.get_or_create(code="eo", defaults={"title": "Esperanto"})[0],
        "users_company": Company.objects.create(name="Acme"),
        "users_customfield": CustomField.objects.create(key="tariff", title="Tariff"),
        "users_apikey": ApiKey.objects.get(agent=owner),
        "users_agent": owner,
        "users_group": Group.objects.create(title="Team"),
        "users_blockedvalue": BlockedValue.objects.create(pattern="info@*"),
        "cases_label": Label.objects.create(title="urgent"),
        "channels_widget": widget,
        "channels_custom_customchannel": channel,
        "identification_signingkey": signing.make("Shop", by=None)[0],
        "identification_lookup": LookUp.objects.create(widget=widget, url="https://api.example.com/users/{id}"),
        **rules,
    }
    made_here["test"] = channels.send_test(channel)
    return {**{name: row.pk for name, row in made_here.items()}, "public_id": widget.public_id, "owner": owner.pk}
