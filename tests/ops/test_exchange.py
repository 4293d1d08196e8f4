"""A configuration goes out into a file and comes in again: all or nothing, twice the same, mistakes at their place."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from channels_custom.models import CustomChannel
from helpdesk.cases.models import Label, Macro
from helpdesk.channels.models import Language, Schedule, Widget
from helpdesk.ops import exchange
from helpdesk.ops.demo_data import EXAMPLE
from helpdesk.users.models import AgentStatus, BlockedValue, CustomField, Group, Role
from rules import services as rules
from rules.models import Rule, RuleGroup
from tests import world

pytestmark = pytest.mark.django_db


def file(**parts: Any) -> dict[str, Any]:
    return {"format": "helpdesk-config", "version": 1, **parts}


def mistakes(**parts: Any) -> list[str]:
    with pytest.raises(exchange.Mistakes) as refused:
        exchange.load(file(**parts), keep=True)
    return refused.value.lines


def verbs(steps: list[exchange.Step]) -> set[str]:
    return {step.verb for step in steps}


@pytest.fixture
def example() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(EXAMPLE.read_text())
    return found


@pytest.fixture
def desk(example: dict[str, Any], settings: Any) -> None:
    """A desk with something in every part of a configuration."""
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"
    exchange.load(example, keep=True)
    german = Language.objects.create(code="de", title="Deutsch")
    world.messenger("http://127.0.0.1:9000/hook", title="Shop", silence=30)
    texts = {"de": {"title": "Konto bestätigen"}}
    Widget.objects.create(kind="identification", title="Account", language=german, texts=texts)
    Label.objects.create(title="urgent")
    world.hours(country="DE")
    group = rules.make_group("updated", "Codes", active=False, by=None)
    rules.put(Rule.objects.filter(list="updated")[2], group=group, by=None)
    BlockedValue.objects.create(pattern="info@*", note="the shops")
    Macro.objects.create(title="Thanks", actions=[{"kind": "set_status", "values": {"status": "closed"}}])


@pytest.mark.seed("000", "All the rules for automatic identification are now ready")
def test_the_ten_rules_of_the_story_come_into_an_empty_desk(example: dict[str, Any]) -> None:
    steps = exchange.load(example, keep=True)
    assert verbs(steps) == {"new"}
    assert Rule.objects.filter(list="new", problem="").count() == 4
    assert Rule.objects.filter(list="updated", problem="").count() == 6
    assert [choice["title"] for choice in CustomField.objects.get().choices] == ["Standard", "VIP", "No account"]
    assert set(Group.objects.values_list("title", flat=True)) == {"Support", "VIP"}


def test_twice_is_the_same_as_once(example: dict[str, Any]) -> None:
    exchange.load(example, keep=True)
    assert verbs(exchange.load(example, keep=True)) == {"same"}
    assert Rule.objects.count() == 10


def test_a_plan_changes_nothing(example: dict[str, Any]) -> None:
    steps = exchange.load(example, keep=False)
    assert len(steps) == 13
    assert not Rule.objects.exists()
    assert not Group.objects.exists()


@pytest.mark.usefixtures("desk")
def test_what_goes_out_comes_in_again_on_an_empty_desk() -> None:
    out = exchange.export()
    assert verbs(exchange.load(out, keep=True)) == {"same"}
    with transaction.atomic():
        for model in (
            Rule,
            RuleGroup,
            CustomField,
            Group,
            Label,
            BlockedValue,
            Macro,
            Widget,
            Language,
            CustomChannel,
            Schedule,
            Role,
            AgentStatus,
        ):
            model.objects.all().delete()
        assert verbs(exchange.load(out, keep=True)) == {"new"}
        assert exchange.export() == out


@pytest.mark.usefixtures("desk")
def test_a_group_of_rules_that_is_off_stays_off_elsewhere() -> None:
    out = exchange.export()
    assert out["rule_groups"] == [{"list": "updated", "title": "Codes", "active": False}]
    RuleGroup.objects.all().delete()
    exchange.load(out, keep=True)
    (group,) = RuleGroup.objects.all()
    assert (group.active, group.rules.count()) == (False, 1)


@pytest.mark.parametrize("version", [0, 3, "2", None, [2], {}])
def test_a_file_of_a_newer_format_is_refused_in_words(version: Any) -> None:
    with pytest.raises(exchange.Mistakes, match="this desk reads versions 1 to 2"):
        exchange.load({"format": "helpdesk-config", "version": version}, keep=True)


@pytest.mark.usefixtures("desk")
def test_no_secret_goes_out() -> None:
    text = json.dumps(exchange.export())
    channel = CustomChannel.objects.get()
    assert channel.secret
    assert channel.secret not in text
    assert "whsec_" not in text


@pytest.mark.usefixtures("desk")
def test_a_channel_that_comes_in_gets_a_secret_of_its_own_and_keeps_it() -> None:
    channel = CustomChannel.objects.get()
    exchange.load(file(channels=[{"title": "Shop", "silence": 5}, {"title": "New", "channel_type": "sync"}]), keep=True)
    changed, new = CustomChannel.objects.order_by("pk")
    assert (changed.secret, changed.silence, changed.sync) == (channel.secret, 5, True)
    assert new.secret.startswith("whsec_")
    assert (new.kind, new.sync) == ("custom", True)


@pytest.mark.usefixtures("desk")
def test_a_step_says_what_was_and_what_will_be() -> None:
    (step,) = exchange.load(file(groups=[{"title": "VIP", "active": False}]), keep=False)
    assert step == exchange.Step("groups", "VIP", "change", {"active": (True, False)})
    assert Group.objects.get(title="VIP").active


def test_rules_may_name_what_the_same_file_makes(example: dict[str, Any]) -> None:
    example["groups"][1]["title"] = "First class"
    text = json.dumps(example["rules"]).replace('"group": "VIP"', '"group": "First class"')
    exchange.load({**example, "rules": json.loads(text)}, keep=True)
    assert not Rule.objects.exclude(problem="").exists()


@pytest.mark.usefixtures("desk")
def test_macros_name_rows_that_have_other_ids_on_another_desk() -> None:
    vip = Group.objects.get(title="VIP")
    Macro.objects.create(title="To VIP", actions=[{"kind": "set_group", "values": {"group": vip.pk}}])
    out = exchange.export()
    assert out["macros"][1]["actions"] == [{"kind": "set_group", "values": {"group": "VIP"}}]
    Macro.objects.all().delete()
    Rule.objects.all().delete()
    vip.delete()
    Group.objects.create(title="A")
    exchange.load(out, keep=True)
    stored = Macro.objects.get(title="To VIP").actions
    assert stored == [{"kind": "set_group", "values": {"group": Group.objects.get(title="VIP").pk}}]


def test_one_mistake_undoes_everything(example: dict[str, Any]) -> None:
    example["rules"][9]["all"][0]["field"] = "user.shoe_size"
    with pytest.raises(exchange.Mistakes, match=r"rules\[9\]\.all\[0\]"):
        exchange.load(example, keep=True)
    assert not Group.objects.exists()
    assert not CustomField.objects.exists()


FIELD = {"level": "user", "key": "tariff", "title": "Tariff", "kind": "select"}


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ({"groups": [{"title": "A"}, {"title": "B", "titel": "C"}]}, "groups[1].titel: there is no such setting"),
        ({"groups": [{"active": True}]}, "groups[0].title: this is missing"),
        ({"groups": [{"title": "A", "active": "yes"}]}, "groups[0].active: this has to be true or false"),
        ({"groups": [{"title": 7}]}, "groups[0].title: this has to be text"),
        ({"groups": ["Support"]}, "groups[0]: this has to be an object"),
        ({"groups": {}}, "groups: this has to be a list"),
        ({"colours": []}, "colours: there is no such part"),
        ({"fields": [{**FIELD, "kind": "slider"}]}, "fields[0].kind: "),
        ({"fields": [{**FIELD, "choices": ["VIP"]}]}, "fields[0].choices: each choice has to be "),
        ({"channels": [{"title": "A", "channel_type": "fax"}]}, "channels[0].channel_type: this has to be "),
        ({"channels": [{"title": "A", "sender_level": 9}]}, "channels[0].sender_level: "),
        ({"channels": [{"title": "A", "webhook_url": "http://10.0.0.1/"}]}, "channels[0].webhook_url: "),
        ({"widgets": [{"kind": "chat", "title": "A", "language": "xx"}]}, "widgets[0].language: there is no "),
        ({"macros": [{"title": "A", "actions": [{"kind": "dance", "values": {}}]}]}, "macros[0].actions: each "),
        ({"shared_addresses": [{"pattern": "*@*"}]}, "shared_addresses[0].pattern: This would be everybody's"),
        ({"rules": {}}, "rules: "),
    ],
)
def test_a_mistake_is_told_at_its_place(parts: dict[str, Any], line: str) -> None:
    found = mistakes(**parts)
    assert len(found) == 1
    assert found[0].startswith(line)


def test_all_mistakes_are_told_at_once() -> None:
    assert len(mistakes(groups=[{"titel": "A"}, {"title": 7}], labels=[{}])) == 4


def test_the_type_of_a_field_that_exists_cannot_change(example: dict[str, Any]) -> None:
    exchange.load(example, keep=True)
    assert mistakes(fields=[{**FIELD, "kind": "text"}]) == [
        "fields[0].kind: the type of a field that exists cannot change"
    ]


@pytest.mark.usefixtures("desk")
def test_two_channels_of_one_title_cannot_be_told_apart() -> None:
    world.messenger(title="Shop")
    assert mistakes(channels=[{"title": "Shop"}])[0].startswith("channels[0]: the desk has two of this title")


@pytest.mark.parametrize("data", [[], "x", {}, {"format": "helpdesk-config"}, {"format": "other", "version": 1}])
def test_another_file_is_refused(data: Any) -> None:
    with pytest.raises(exchange.Mistakes):
        exchange.load(data, keep=True)


def test_the_commands_write_show_and_apply(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world.group("Support")
    path = tmp_path / "desk.json"
    call_command("export_config", str(path))
    path.write_text(path.read_text().replace("Support", "Help"))
    capsys.readouterr()

    call_command("import_config", str(path))
    assert "+ groups: Help" in capsys.readouterr().out
    assert not Group.objects.filter(title="Help").exists()

    call_command("import_config", str(path), "--apply")
    assert Group.objects.filter(title="Help").exists()
    capsys.readouterr()
    call_command("import_config", str(path), "--apply")
    assert capsys.readouterr().out == "Everything is as in the file.\n"


@pytest.mark.parametrize("text", ["{", "[]", '{"format": "helpdesk-config", "version": 1, "groups": [{}]}'])
def test_the_command_refuses_a_bad_file_in_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "desk.json"
    path.write_text(text)
    with pytest.raises(CommandError):
        call_command("import_config", str(path), "--apply")


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match=r"/nowhere/desk\.json cannot be read"):
        call_command("import_config", "/nowhere/desk.json")
