"""What an admin decides about a live chat, beside its texts and sites."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Channel, Schedule, Widget

COLOR = RegexValidator(r"^#[0-9a-f]{6}\Z", _("A colour looks like #1f6feb."))


class Mode(models.TextChoices):
    SINGLE = "single", _("one conversation that goes on")
    MULTI = "multi", _("several conversations side by side")


class Side(models.TextChoices):
    RIGHT = "right", _("right")
    LEFT = "left", _("left")


class Asks(models.TextChoices):
    NO = "no", _("do not ask")
    MAY = "may", _("ask, may be left empty")
    MUST = "must", _("has to be filled in")


class Face(models.TextChoices):
    """Whose calls the widget answers, so that a site which made them changes the script's address only."""

    MESSAGEBIRD = "messagebird", _("MessageBird: window.MessageBirdChatWidget")
    ZENDESK = "zendesk", _("Zendesk: zE('messenger', …)")
    EXTERNAL_USER_ID = "external_user_id", _("an id at the start: external_user_id")


class Chat(models.Model):
    """A live chat: its widget's settings, and the channel that its conversations come by.

    faces: values of Face. greet_on: beginnings of paths, one a line, on which it greets after greet_after seconds.
    days: after so many without a visit an anonymous visitor is a new one.
    """

    widget = models.OneToOneField(Widget, models.CASCADE, related_name="chat")
    channel = models.OneToOneField(Channel, models.PROTECT, related_name="chat")
    mode = models.CharField(_("conversations"), max_length=6, choices=Mode, default=Mode.SINGLE)
    color = models.CharField(_("colour"), max_length=7, default="#1f6feb", validators=[COLOR])
    side = models.CharField(_("side of the page"), max_length=5, choices=Side, default=Side.RIGHT)
    asks_name = models.CharField(_("name"), max_length=4, choices=Asks, default=Asks.NO)
    asks_email = models.CharField(_("e-mail"), max_length=4, choices=Asks, default=Asks.NO)
    asks_consent = models.BooleanField(
        _("consent"), default=False, help_text=_("On: visitors agree to the text of consent before they write.")
    )
    uploads = models.BooleanField(_("files"), default=True, help_text=_("Visitors may send files, at most 25 MB each."))
    rating = models.BooleanField(_("rating"), default=False, help_text=_("Asks how it was when a chat has ended."))
    transcript = models.BooleanField(
        _("transcript"),
        default=False,
        help_text=_("Signed-in visitors with a verified e-mail address may have it mailed."),
    )
    greets = models.BooleanField(_("greeting"), default=False, help_text=_("Speaks first, on the pages named here."))
    greet_on = models.TextField(
        _("on these pages"), blank=True, help_text=_("Beginnings of paths, one a line, as /prices. Empty: every page.")
    )
    greet_after = models.PositiveIntegerField(_("after (seconds)"), default=20, validators=[MaxValueValidator(3600)])
    schedule = models.ForeignKey(
        Schedule,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("business hours"),
        related_name="+",
        help_text=_("Outside of them visitors read when you are back. Empty: always there."),
    )
    days = models.PositiveIntegerField(
        _("an anonymous visitor is a new one after (days)"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(400)],
    )
    trust_unguessable_ids = models.BooleanField(
        _("trust unguessable ids"),
        default=False,
        help_text=_(
            "Off: identify('id') without a signature is what the visitor claims, and opens nobody's history. On: "
            "whoever knows the id of a customer reads and goes on with that customer's conversations. Only for ids "
            "that nobody can guess or look up; they count as vouched, not as proven."
        ),
    )
    faces = models.JSONField(_("works as"), default=list, blank=True)

    class Meta:
        verbose_name = _("live chat")
        verbose_name_plural = _("live chats")

    def __str__(self) -> str:
        return self.widget.title

    @property
    def is_single(self) -> bool:
        return self.mode == Mode.SINGLE
