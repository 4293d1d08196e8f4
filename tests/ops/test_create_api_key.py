"""Keys from the command line."""

import pytest
from django.core.management import CommandError, call_command

from helpdesk.users.models import ApiKey
from helpdesk.users.services import keys
from tests import world

pytestmark = pytest.mark.django_db


def made(capsys: pytest.CaptureFixture[str], *words: str) -> ApiKey:
    call_command("create_api_key", *words)
    key = keys.check(capsys.readouterr().out.strip())
    assert key is not None
    return key


def test_it_prints_a_key_that_works(capsys: pytest.CaptureFixture[str]) -> None:
    ann = world.agent("Ann")
    key = made(capsys, "Ann@example.com", "--name", "shop")
    assert (key.agent, key.name, key.scopes) == (ann, "shop", ["write"])


def test_several_scopes_may_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    world.admin()
    assert made(capsys, "ada@example.com", "--scope", "read", "admin").scopes == ["read", "admin"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["eve@example.com"], "There is no active agent with the address eve@example.com"),
        (["ann@example.com", "--scope", "admin"], "is no administrator"),
        (["ann@example.com", "--scope", "everything"], "invalid choice"),
    ],
)
def test_it_makes_no_key_by_mistake(words: list[str], sentence: str) -> None:
    world.agent("Ann")
    with pytest.raises(CommandError, match=sentence):
        call_command("create_api_key", *words)
    assert not ApiKey.objects.exists()
