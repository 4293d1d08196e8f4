"""The menu of one's own status: it leads back to the page where it was opened, and nowhere else."""

import pytest
from django.urls import reverse

from helpdesk.users.models import AgentStatus

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("page", "leads"),
    [
        ("http://testserver/in/open/?page=2", "/in/open/?page=2"),
        ("https://evil.example.com/", "/"),
        ("http://testserver//evil.example.com/", "/evil.example.com/"),
        ("http://testserver/\\evil.example.com/", "/evil.example.com/"),
        ("", "/"),
    ],
)
def test_a_status_leads_back_to_a_page_of_the_desk_only(as_ann, page, leads):
    status = AgentStatus.objects.order_by("-pk")[0]
    answer = as_ann.post(reverse("inbox:agent_status"), {"status": status.pk}, headers={"referer": page})
    assert answer["Location"] == (leads if leads != "/" else reverse("inbox:home"))
