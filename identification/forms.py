"""The form of a signing key: a secret that we make, a public key, or the secret of a hash."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Widget, WidgetKind
from helpdesk.lib.admin import NamedForm
from identification import keys, public_keys
from identification.errors import BadKey, BadKid
from identification.models import Algorithm, SigningKey

SECRET = "secret"  # noqa: S105 (a word in the form)
PUBLIC = "public"
KINDS = (
    (SECRET, _("A secret that we make (HS256): the simplest; your server and this desk share it")),
    (PUBLIC, _("Your public key (RS256, ES256, EdDSA): the private one never leaves your server")),
    (Algorithm.CHATWOOT, _("identifier_hash, as your site made it for Chatwoot: for a while, only vouches")),
    (Algorithm.INTERCOM, _("user_hash, as your site made it for Intercom: for a while, only vouches")),
)
NEEDED = _("This is needed for a key of this kind.")
# The inputs that a key of this kind needs.
OF_A_HASH = ("hash_secret", "site", "until")
NEEDS: dict[str, tuple[str, ...]] = {PUBLIC: ("pasted",), "chatwoot": OF_A_HASH, "intercom": OF_A_HASH}
SHORTEST_SECRET = 16  # characters; Chatwoot's have 24, Intercom's 40


class KeyForm(NamedForm[SigningKey]):
    """kind: what sort of key is added. The inputs of the other sorts stay empty, and are hidden by style sheet."""

    kind = forms.ChoiceField(
        label=_("What it is"), choices=KINDS, widget=forms.RadioSelect, initial=SECRET, required=False
    )
    pasted = forms.CharField(
        label=_("Public key"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField", "spellcheck": "false"}),
        help_text=_("PEM (-----BEGIN PUBLIC KEY-----) or JWK. RSA from 2048 bits, EC on P-256, or Ed25519."),
    )
    own_kid = forms.CharField(
        label=_("kid"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("If your server has one for this key. Empty: the JWK's, or one that we make."),
    )
    hash_secret = forms.CharField(
        label=_("Secret of the hash"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text=_("The one that your server makes the hash with. It is stored encrypted and not shown again."),
    )
    site = forms.ModelChoiceField(
        label=_("Widget"),
        queryset=Widget.objects.filter(kind=WidgetKind.IDENTIFICATION),
        required=False,
        help_text=_("The hash counts there alone."),
    )
    until = forms.DateField(
        label=_("Accepted until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "vDateField"}),
        help_text=_("The last day. A hash never expires by itself: whoever has seen one could use it for ever."),
    )

    class Meta:
        model = SigningKey
        fields = ("title",)
        help_texts = {"title": _("To tell keys apart: which server signs with it?")}

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or SECRET

    def clean_pasted(self) -> Any:
        """The key, read. What was refused is not shown again: it may have been a private one."""
        text = self.cleaned_data["pasted"]
        try:
            return public_keys.read(text) if text else None
        except BadKey as refusal:
            self.data = {**self.data.dict(), "pasted": ""}  # type: ignore[attr-defined]
            raise forms.ValidationError(str(refusal)) from refusal

    def clean_until(self) -> Any:
        day = self.cleaned_data["until"]
        if day and day < timezone.localdate():
            raise forms.ValidationError(_("This day has passed."))
        return _not_too_late(day)

    def clean_hash_secret(self) -> str:
        secret: str = self.cleaned_data["hash_secret"]
        if secret and len(secret) < SHORTEST_SECRET:
            raise forms.ValidationError(_("This is too short for a secret: 16 characters at least."))
        return secret

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind = data.get("kind")
        for name in NEEDS.get(kind or "", ()):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, NEEDED)
        if kind == PUBLIC and data.get("pasted"):
            self._check_new(data)
        return data

    def _check_new(self, data: dict[str, Any]) -> None:
        try:
            keys.check_new(data["pasted"], data.get("own_kid") or "")
        except BadKey as refusal:
            own = isinstance(refusal, BadKid) and data.get("own_kid")
            self.add_error("own_kid" if own else "pasted", str(refusal))


class ChangeForm(NamedForm[SigningKey]):
    """Of a key that is there: its title; of a hash its last day, too."""

    class Meta:
        model = SigningKey
        fields = ("title", "ends_on")
        widgets = {"ends_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "vDateField"})}

    def clean_ends_on(self) -> Any:
        day = self.cleaned_data["ends_on"]
        if not day:
            raise forms.ValidationError(NEEDED)
        return _not_too_late(day)


def _not_too_late(day: Any) -> Any:
    if day and day > timezone.localdate() + keys.LONGEST_BRIDGE:
        raise forms.ValidationError(_("At most a year ahead: it is meant for the time of the change."))
    return day
