"""How agents sign in: nobody signs up, and the secrets of second factors are stored encrypted."""

from typing import ClassVar
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.urls import reverse

from helpdesk.lib import crypto


class Closed(DefaultAccountAdapter):
    """Accounts are made by administrators only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Who came by a one-time link and has no password yet, chooses one first."""
        if request.user.is_authenticated and not request.user.has_usable_password():
            return reverse("account_set_password")
        url: str = super().get_login_redirect_url(request)
        return url

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Built from our own address, never from the Host header of whoever asked for the mail."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return f"{settings.BASE_URL}{path.replace('UID-KEY', quote(key))}"


class SecondFactor(DefaultMFAAdapter):
    """Codes of an app, and recovery codes."""

    issuer: ClassVar[str] = "Helpdesk"

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def get_totp_issuer(self) -> str:
        return self.issuer

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises CannotDecrypt when the key is gone: the second factor is then refused, never skipped."""
        return crypto.decrypt(encrypted_text)
