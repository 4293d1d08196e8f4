"""Rights in memory are the rights of the QuerySet: for every agent and every place of a case."""

from itertools import product

import pytest
from django.test import RequestFactory

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case
from helpdesk.cases.services import reading
from helpdesk.live import readers
from tests import world
from tests.live import listening

pytestmark = pytest.mark.django_db


def as_reader(agent) -> readers.Reader | None:
    request = RequestFactory().get("/live/")
    request.user = agent
    request.session = type("Session", (), {"session_key": listening.cookie(agent)})()
    return readers.ask(request)


@pytest.mark.promise("P26")
def test_a_stream_tells_of_exactly_those_cases_that_a_list_shows():
    channels = [world.messenger(title=title) for title in ("One", "Two")]
    groups = [world.group("One"), world.group("Two")]
    chosen = [[], channels[:1], channels]
    agents = [
        world.agent(f"Agent{number}", admin=is_admin, sees=sees, groups=member)
        for number, (is_admin, sees, member) in enumerate(product([False, True], chosen, [[], groups[:1], groups]))
    ]
    for number, (channel, group, assignee) in enumerate(
        product(channels, [None, *groups], [None, agents[3], agents[5]])
    ):
        case = world.says(world.customer(channel, f"customer-{number}"), "hello").case
        cases.set_group(case, group, by=None)
        cases.assign(case, assignee, by=None)
    rows = reading.places_of(Case.objects.values_list("pk", flat=True))
    places = {row[0]: readers.Place(*row[1:]) for row in rows}
    assert len(places) == 18
    for agent in agents:
        reader = as_reader(agent)
        assert reader
        told = {pk for pk, place in places.items() if reader.sees(place)}
        assert told == set(reading.seen_by(agent).values_list("pk", flat=True)), agent


def test_the_same_agent_asked_again_is_the_same_reader():
    ann = world.agent("Ann", sees=[world.messenger()])
    reader = as_reader(ann)
    assert reader
    assert readers.renewed([reader]) == {reader: reader}


def test_somebody_deactivated_is_no_reader():
    ann = world.agent("Ann")
    reader = as_reader(ann)
    ann.is_active = False
    ann.save()
    assert as_reader(ann) is None
    assert reader
    assert readers.renewed([reader]) == {reader: None}
