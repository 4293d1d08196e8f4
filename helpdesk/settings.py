"""Settings from the environment. Everything has a default that works on SQLite; a wrong value stops the start."""

from pathlib import Path

import django_stubs_ext
import environ
from django.utils.translation import gettext_lazy as _

from helpdesk.api_settings import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401
from helpdesk.lib import secrets
from helpdesk.lib.egress import check_ca_file, parse_networks
from helpdesk.lib.environment import Environment
from helpdesk.lib.postgres import Limits

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")
env = Environment()

DATA_DIR: Path = env.folder("DATA_DIR", default=BASE_DIR / "var")
DEBUG: bool = env.flag("DEBUG", default=False)
SECRET_KEY: str = env.text("SECRET_KEY") or secrets.kept(DATA_DIR / "secret_key")
# Newest first: the first encrypts, all of them decrypt.
FIELD_KEYS: list[str] = env.fernet_keys("FIELD_KEY") or [secrets.kept(DATA_DIR / "field_key", secrets.fernet_key)]
BASE_URL: str = env.url("BASE_URL", default="http://localhost:8000").rstrip("/")
ALLOWED_HOSTS: list[str] = env.words("ALLOWED_HOSTS") or env.own_hosts(BASE_URL)
TRUSTED_PROXIES: int = env.number("TRUSTED_PROXIES", default=0, least=0)
REDIS_URL: str = env.redis("REDIS_URL")
EGRESS_ALLOW_NETWORKS: str = env.checked("EGRESS_ALLOW_NETWORKS", parse_networks)
EGRESS_CA_FILE: str = env.checked("EGRESS_CA_FILE", check_ca_file)
FILES_URL: str = env.text("FILES_URL")
METRICS_TOKEN: str = env.text("METRICS_TOKEN")
DEMO: bool = env.flag("DEMO", default=False)

# Threads of this process that work off the outbox; off where workers do all of it.
PUMP: bool = env.flag("PUMP", default=True)
# What outcomes of jobs are written in: the outbox stands below the app that has occasions.
OUTBOX_UNIT = "helpdesk.events.occasion.occasion"
# Seconds for which a worker holds a lane; three eighths of them are the deadline of one try.
OUTBOX_LEASE: int = env.number("OUTBOX_LEASE", default=40, least=2)
# For tests of faults: the share of wake-ups that get lost, 0 to 1.
OUTBOX_DROP_WAKEUPS = 0.0

# A rule may answer one customer so often in so many minutes; then it is paused for them. Days that traces are kept.
RULE_ANSWERS: int = env.number("RULE_ANSWERS", default=20, least=1)
RULE_ANSWERS_MINUTES: int = env.number("RULE_ANSWERS_MINUTES", default=10, least=1)
RULE_TRACE_DAYS: int = env.number("RULE_TRACE_DAYS", default=14, least=1)

SECURE = BASE_URL.startswith("https://")

INSTALLED_APPS = [
    "helpdesk.events",
    "helpdesk.outbox",
    "helpdesk.channels",
    "helpdesk.users",
    "helpdesk.cases",
    "helpdesk.inbox",
    "helpdesk.widget",
    "helpdesk.live",
    "channels_custom",
    "identification",
    "rules",
    "helpdesk.ops",
    "helpdesk.admin.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "helpdesk.lib.statics.StaticFiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "template_partials",
    "lucide",
    "csp",
]
if DEMO:
    INSTALLED_APPS.append("helpdesk.demo")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "helpdesk.lib.nul.refused",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "helpdesk.users.middleware.AgentsZoneMiddleware",
]

ROOT_URLCONF = "helpdesk.urls"
WSGI_APPLICATION = "helpdesk.wsgi.application"
ASGI_APPLICATION = "helpdesk.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
            "builtins": ["lucide.templatetags.lucide"],
        },
    }
]

# The pipeline of an occasion, in plain sight: who is it, how sure are we of each message, what to do about it,
# what must leave.
REACTORS = [
    "identification.reactors.who_is_it",
    "helpdesk.cases.reactors.stamp_levels",
    "rules.reactors.what_to_do",
    "identification.reactors.tell_of_links",
    "helpdesk.cases.reactors.what_must_leave",
    "helpdesk.cases.reactors.mail_notifications",
    "channels_custom.reactors.case_closed",
    "channels_custom.reactors.message_status",
    "channels_custom.reactors.user_merged",
    "identification.reactors.look_up",
    "identification.reactors.alarm",
]
# Asked before anything is locked: which further profiles would handling this text lock?
FORESEERS = ["identification.reactors.foresee"]
# Who a visitor of a chat widget is, says whose token or id; and who asks too often has to wait.
VISITORS_PROOF = "identification.services.chatting.PROVER"
# Who else listens to streams, by what stands in their address: /live/chat/…
LISTENERS: dict[str, str] = {"chat": "helpdesk.widget.listening.VISITORS"}
# Takes an agent, gives a one-time link: for the admin's page of agents.
SIGN_IN_LINK = "helpdesk.ops.sign_in.link"
# Panels beside a case, in order: (higher apps show themselves lower down without being imported)
INBOX_PANELS: list[str] = [
    "helpdesk.inbox.conflicts.panel",
    "identification.locks.panel",
    "helpdesk.inbox.panels.user_data",
    "identification.panels.user_data",
    "helpdesk.inbox.who.panel",
    "rules.panels.runs",
]
# Takes a case's number and an event, gives the page that says why a rule caused it, or "": for the timeline.
INBOX_WHY = "rules.panels.why"
# What stands above the inbox, in the same way:
INBOX_BANNERS: list[str] = [
    "channels_custom.banners.troubles",
    "identification.banners.guessing",
    "identification.banners.endings",
    "identification.look_up_banners.troubles",
    "rules.banners.pauses",
]

# Seconds after which PostgreSQL gives up for us: connecting, waiting for somebody's lock, a transaction that does
# nothing. 0 leaves the last two to the server: a PgBouncer between refuses them.
DATABASE_LIMITS = Limits(
    connect=env.number("DATABASE_CONNECT_TIMEOUT", default=5, least=2),
    lock=env.number("DATABASE_LOCK_TIMEOUT", default=10, least=0),
    idle=env.number("DATABASE_IDLE_TIMEOUT", default=60, least=0),
)
DATABASES = {"default": env.database("DATABASE_URL", DATA_DIR, DATABASE_LIMITS)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "users.Agent"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "helpdesk.users.adapter.Closed"
ACCOUNT_LOGOUT_ON_GET = False
# A form that mails to any address typed into it would be a gift to whoever floods mailboxes.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Whose tries are counted: behind proxies the address that the outermost of ours has seen.
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "helpdesk.users.adapter.SecondFactor"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

SESSION_ENGINE = "django.contrib.sessions.backends.db"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_NAME = "hd_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 72 * 3600
CSRF_COOKIE_NAME = "hd_csrf"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_HANDLERS = [
    "helpdesk.lib.uploads.Capped",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "media-src": ["'self'", "blob:"],
        "frame-src": ["'self'"],
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
# The desk's own zone: dates in rules and on the panel of somebody without a zone of their own.
DESK_TIME_ZONE: str = env.zone("DESK_TIME_ZONE", default="UTC")

STATIC_URL = "/static/"
# Of its own where the files come with an image, and DATA_DIR outlives it.
STATIC_ROOT: Path = env.folder("STATIC_ROOT", default=DATA_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "helpdesk.lib.statics.Hashed"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

EMAIL_CONFIG = env.mail("EMAIL_URL")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL") or "helpdesk@localhost"

# Holds the counters of sign-in limits: the same for all processes, still there after a restart, and no matter of
# Redis. The room is wide, since a full cache forgets counters that are still wanted.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000, "CULL_FREQUENCY": 10},
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"brief": {"()": "helpdesk.lib.away.Brief"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["brief"]}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL") or "WARNING"},
}
