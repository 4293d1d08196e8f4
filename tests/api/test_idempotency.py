"""`Idempotency-Key`: the same request twice is one effect."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from helpdesk.cases.models import Case
from helpdesk.users.api import idempotency
from helpdesk.users.models import ApiKey, StoredAnswer
from helpdesk.users.services import answers
from tests import world
from tests.api.test_cases import new

pytestmark = pytest.mark.django_db
KEY = {"Idempotency-Key": "abc"}


def test_the_same_request_again_gives_the_same_answer(api, channel):
    first = api.post("cases/", new(channel), **KEY)
    again = api.post("cases/", new(channel), **KEY)
    assert again == first
    assert api.last["Idempotent-Replayed"] == "true"
    assert Case.objects.get().messages_count == 1


def test_another_body_under_the_same_key_is_refused(api, channel):
    api.post("cases/", new(channel), **KEY)
    assert api.post("cases/", new(channel, content="x"), expect=422, **KEY)["code"] == "idempotency_key_reused"


def test_a_refusal_is_replayed_too_and_an_error_of_ours_is_not(api, channel, monkeypatch):
    api.post("cases/", {**new(channel), "colour": "red"}, expect=400, **KEY)
    api.post("cases/", {**new(channel), "colour": "red"}, expect=400, **KEY)
    assert api.last["Idempotent-Replayed"] == "true"
    with monkeypatch.context() as patch:
        patch.setattr("helpdesk.cases.services.incoming.wrote", lambda *a, **k: 1 / 0)
        api.post("cases/", new(channel), expect=500, **{"Idempotency-Key": "other"})
    api.post("cases/", new(channel), **{"Idempotency-Key": "other"})


def test_while_the_first_is_under_way_the_second_is_told_to_wait(api, channel, monkeypatch):
    monkeypatch.setattr(idempotency, "WAITS", 0.1)
    api.post("cases/", new(channel), **KEY)
    StoredAnswer.objects.update(status=0)
    assert api.post("cases/", new(channel), expect=409, **KEY)["code"] == "idempotency_in_flight"


def test_a_claim_that_a_crash_left_behind_is_taken_over(api, channel):
    api.post("cases/", new(channel), **KEY)
    Case.objects.all().update(status="closed")
    StoredAnswer.objects.update(status=0, created_at=timezone.now() - timedelta(minutes=5))
    api.post("cases/", new(channel), **KEY)
    assert "Idempotent-Replayed" not in api.last


@pytest.mark.both
@pytest.mark.parametrize("headers", [{}, KEY], ids=["plain", "with a key"])
def test_a_case_number_that_is_taken_begins_it_all_again_with_another(api, channel, monkeypatch, headers):
    world.says(world.customer(channel, "carol"), "hello")
    taken = Case.objects.get().number
    numbers = iter([taken, taken, "200-000001"])
    monkeypatch.setattr("helpdesk.cases.services.opening.case_number", lambda: next(numbers))
    assert api.post("cases/", new(channel), **headers)["case_number"] == "200-000001"
    assert Case.objects.count() == 2


def test_secrets_that_are_shown_once_are_not_in_a_replay_nor_readable_in_the_table(admin_api):
    body = {"title": "Forum", "channel_type": "async"}
    secret = admin_api.post("custom_channels/", body, **KEY)["secret"]
    assert "secret" not in admin_api.post("custom_channels/", body, **KEY)
    assert secret not in StoredAnswer.objects.get().body
    assert "Forum" not in StoredAnswer.objects.get().body


def test_old_answers_are_forgotten(api, channel):
    api.post("cases/", new(channel), **KEY)
    StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert answers.forget_old() == 1


@pytest.mark.promise("P22")
@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_are_one_case(as_key, api, channel):
    def ask(_number: int) -> int:
        mine = as_key(api.key)
        answer = mine.client.post(
            "/api/v1/cases/",
            new(channel),
            content_type="application/json",
            headers={"Authorization": f"Bearer {api.key}", **KEY},
        )
        connection.close()
        return int(answer.status_code)

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(50)))
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert Case.objects.get().messages_count == 1
    assert ApiKey.objects.count() == 1
