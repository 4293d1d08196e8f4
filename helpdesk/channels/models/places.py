"""Places where people write, and the languages that the desk speaks."""

import secrets
import string

from django.db import models
from django.utils.translation import gettext_lazy as _


class Language(models.Model):
    """A language of the desk: texts of widgets, rules and macros exist once for each."""

    code = models.CharField(_("code"), max_length=12, unique=True, help_text=_("As in HTML: en, de, pt-br."))
    title = models.CharField(_("title"), max_length=60)
    active = models.BooleanField(_("active"), default=True)
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        ordering = ("-is_default", "title")
        verbose_name = _("language")
        verbose_name_plural = _("Localization")
        constraints = (
            models.UniqueConstraint(
                fields=("is_default",), condition=models.Q(is_default=True), name="one_default_language"
            ),
        )

    def __str__(self) -> str:
        return self.title


class Level(models.IntegerChoices):
    """How sure we are of the person, not of the account."""

    ANONYMOUS = 0, _("anonymous")
    CLAIMED = 1, _("claimed")
    VOUCHED = 2, _("vouched")
    PROVEN = 3, _("proven")


# Kinds of which a desk has several: what stands before the number in the API.
NAMED = {"custom": "cch", "chat": "chat"}


class Channel(models.Model):
    """A place where people write. kind: email | phone | chat | custom. sync: a chat, not like mail."""

    kind = models.CharField(max_length=20, editable=False)
    title = models.CharField(_("title"), max_length=120)
    icon = models.CharField(_("icon"), max_length=40, default="message-circle", help_text=_("A Lucide icon name."))
    sync = models.BooleanField(
        _("synchronous"),
        default=False,
        help_text=_("On: a chat in real time. Off: like mail, where each answer stands for itself."),
    )
    active = models.BooleanField(_("active"), default=True)
    sender_level = models.PositiveSmallIntegerField(
        _("how sure are we of a sender?"),
        choices=Level,
        default=Level.CLAIMED,
        help_text=_(
            "Claimed: only the messenger says who writes. Vouched: the ids of this channel are accounts of your own "
            "company. Proven: your server signs people in before they write, and only your server holds the API key."
        ),
    )
    link_template = models.CharField(
        _("link that opens a chat with a code"),
        max_length=500,
        blank=True,
        help_text=_("As https://t.me/your_bot?start={code}: the account page offers it beside the code to be typed."),
    )
    tells_links = models.BooleanField(
        _("tell customers of new links"),
        default=False,
        help_text=_(
            "When another account is linked to a person, each of their conversations in this channel is told, with a "
            "link that undoes it for seven days."
        ),
    )
    silence = models.PositiveIntegerField(
        _("a chat ends after (minutes of silence)"), default=10, help_text=_("Only for synchronous channels.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title

    @property
    def api_key(self) -> str:
        """The value of `channel` in the API. It is a name, no secret."""
        return f"{NAMED[self.kind]}{self.pk}" if self.kind in NAMED else self.kind


class WidgetKind(models.TextChoices):
    IDENTIFICATION = "identification", _("User identification")
    CHAT = "chat", _("Live chat")


def widget_suffix() -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(8))


class Widget(models.Model):
    """A script for a web site. texts: {language code: {phrase key: text}}, only what differs from our own words."""

    kind = models.CharField(_("type"), max_length=20, choices=WidgetKind, default=WidgetKind.IDENTIFICATION)
    title = models.CharField(_("title"), max_length=120)
    suffix = models.CharField(max_length=8, default=widget_suffix, editable=False)
    language = models.ForeignKey(
        Language, models.SET_NULL, null=True, blank=True, verbose_name=_("language"), help_text=_("Empty: automatic.")
    )
    texts = models.JSONField(_("texts"), default=dict, blank=True)
    allowed_origins = models.TextField(
        _("allowed origins"), blank=True, help_text=_("One per line, as https://shop.example. Empty: every site.")
    )
    trust_page_data = models.BooleanField(
        _("trust page data"),
        default=False,
        help_text=_(
            "Off: the page has to give a signed token. On: whatever the page's script says is believed, so anyone who "
            "opens the browser's console can get a code for somebody else's account. Links made this way are marked "
            "as vouched, not as proven."
        ),
    )
    confirm_codes = models.BooleanField(
        _("confirm on the page"),
        default=False,
        help_text=_(
            "On: a code that was sent only asks; the page where it was made shows which account wants to be linked, "
            "and links it when the customer accepts. Stops those who talk others into sending them a code."
        ),
    )
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("title",)
        verbose_name = _("widget")
        verbose_name_plural = _("widgets")

    def __str__(self) -> str:
        return self.title

    @property
    def public_id(self) -> str:
        """`<number>-<8 letters or digits>`, as the snippet carries it."""
        return f"{self.pk}-{self.suffix}"

    @property
    def origins(self) -> list[str]:
        return [line.strip().rstrip("/").lower() for line in self.allowed_origins.splitlines() if line.strip()]
