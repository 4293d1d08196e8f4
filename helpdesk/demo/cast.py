"""Who plays in the demo, made when a page is opened for the first time."""

from django.db.models import Max

from helpdesk.demo.models import Account, Phone

TARIFFS = {"standard": "Standard", "vip": "VIP"}
ACCOUNTS = (
    ("A-1001", "Bob Kern", "bob@example.com", "vip"),
    ("A-1002", "Dora Lindqvist", "dora@example.com", "standard"),
)
LATER = ("A-1003", "Carol Diaz", "carol@example.com", "standard")
PHONES = (("bob.kern", "Bob"), ("carol.diaz", "Carol"), ("dora.l", "Dora"), ("eve.m", "Eve"))
# For those who press "A new phone".
MORE = ("Finn", "Grace", "Hugo", "Iris", "Jan", "Kim", "Lena", "Max", "Nora", "Omar", "Pia", "Quinn")


def gather() -> None:
    """Makes accounts and phones where there are none."""
    if not Account.objects.exists():
        Account.objects.bulk_create(
            [Account(number=n, name=name, email=email, tariff=tariff) for n, name, email, tariff in ACCOUNTS]
        )
    if not Phone.objects.exists():
        Phone.objects.bulk_create([Phone(login=login, owner=owner) for login, owner in PHONES])


def newcomer() -> Phone:
    """One more phone, of somebody whom the helpdesk has never seen."""
    number = 1 + (Phone.objects.aggregate(last=Max("id"))["last"] or 0)
    owner = MORE[number % len(MORE)]
    return Phone.objects.create(login=f"{owner.lower()}.{number}", owner=owner)


def open_account() -> Account:
    """Carol, who had none, opens an account."""
    number, name, email, tariff = LATER
    given = {"name": name, "email": email, "tariff": tariff}
    return Account.objects.get_or_create(number=number, defaults=given)[0]
