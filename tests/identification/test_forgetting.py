"""What nobody needs any more goes; what a link names stays."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from helpdesk.channels.models import Widget
from helpdesk.users.models import Profile
from identification import codes, services
from identification.models import Brake, Code, TokenRefusal
from identification.services.forgetting import forget_old
from tests import world

pytestmark = pytest.mark.django_db


def test_unused_codes_quiet_brakes_and_old_counts_go(bob: Profile, widget: Widget) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        world.says(bob, services.make_code({"user_email": "bob@example.com"}, by=None)[0])
        services.make_code({"user_email": "carol@example.com"}, by=None)
        world.says(bob, codes.make())
        TokenRefusal.objects.create(widget=widget, reason="expired", hour=timezone.now(), count=1)
        assert forget_old() == 0
        clock.shift(timedelta(days=2))
        forget_old()
        assert [code.profile.address for code in Code.objects.all()] == ["bob@example.com"]
        # A hundred wrong codes in a row lock a person, also where they come slowly.
        assert [brake.key.split(":")[0] for brake in Brake.objects.all()] == ["person"]
        assert TokenRefusal.objects.exists()
        clock.shift(timedelta(days=30))
        assert forget_old() == 2
        assert not Brake.objects.exists()
