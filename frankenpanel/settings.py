"""Settings, from the environment; without any, a panel of its own under ``./var``. Long because one file holds all.

Sections: where it lives, applications, records, who may come in, browsers, the API, Celery, logs.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import SELF, UNSAFE_EVAL

from apps.browser.source import ADMINER
from apps.sites.kinds import KINDS
from frankenpanel import environment
from frankenpanel.places import SERVER_NAME, Places
from frankenpanel.unfold import UNFOLD  # noqa: F401 - a setting

django_stubs_ext.monkeypatch()
BASE_DIR = Path(__file__).resolve().parent.parent

# Where this instance lives, and what it is called
ROOT = environment.folder("FRANKENPANEL_ROOT", BASE_DIR / "var")
environment.read_instance(ROOT)
environment.read_addresses(ROOT)
INSTANCE = environment.matching(
    "FRANKENPANEL_INSTANCE",
    environment.instance_of(ROOT),
    re.compile(r"[0-9a-f]{4}|"),
    "four hex digits or empty",
)
PRODUCTION = not INSTANCE
PLACES = Places(
    root=ROOT,
    run=environment.folder("FRANKENPANEL_RUN", Path("/run") / "-".join(filter(None, ["frankenpanel", INSTANCE]))),
    cache=environment.folder("FRANKENPANEL_CACHE", Path("/var/cache/frankenpanel")),
    instance=INSTANCE,
)
SERVER = environment.matching("FRANKENPANEL_SERVER", "local", SERVER_NAME, "a short lower-case name")
ROLE = environment.choice("FRANKENPANEL_ROLE", "console", ("web", "runner", "beat", "console"))
HTTP_PORT = environment.number("FRANKENPANEL_HTTP_PORT", 7080, range(1, 65536))
HTTPS_PORT = environment.number("FRANKENPANEL_HTTPS_PORT", 7443, range(1, 65536))
SITE_PORTS = environment.ports("FRANKENPANEL_SITE_PORTS", "8081-9080")
PANEL_HOST = environment.matching("FRANKENPANEL_HOST", "panel.localhost", environment.HOST, "a host name")
BROWSER_HOST = f"databases.{PANEL_HOST}"
ACME = environment.acme()
FRONT_INHERITS = environment.boolean("FRANKENPANEL_FRONT_INHERITS", default=True)
ADDRESSES = environment.addresses("FRANKENPANEL_ADDRESSES")
PRIVATE_NETWORKS = environment.networks("FRANKENPANEL_PRIVATE_NETWORKS")
UNAVAILABLE_SECONDS = environment.number("FRANKENPANEL_UNAVAILABLE_SECONDS", 60, range(1, 3601))
ROTATION_SECONDS = environment.number("FRANKENPANEL_ROTATION_SECONDS", 10, range(601))
EXPORT_DAYS = environment.number("FRANKENPANEL_EXPORT_DAYS", 7, range(1, 366))
UPLOAD_MB = environment.number("FRANKENPANEL_UPLOAD_MB", 512, range(1, 100_001))
UNDO_DAYS = environment.number("FRANKENPANEL_UNDO_DAYS", 7, range(366))
FRANKENPHP = environment.text("FRANKENPHP_BIN", "")
SOURCES = environment.sources([ADMINER.name, *(kind.source.name for kind in KINDS.values() if kind.source)])
REQUIRE_2FA = environment.boolean("FRANKENPANEL_REQUIRE_2FA", default=PRODUCTION)
DEBUG = environment.boolean("FRANKENPANEL_DEBUG", default=False)
SECRET_KEY = environment.secret_key(ROOT)

INSTALLED_APPS = [
    # "unfold" itself would put its own AdminSite in place of ours without a word
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "frankenpanel.apps.PanelAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "guardian",
    "django_celery_results",
    "apps.audit",
    "apps.accounts",
    "apps.servers",
    "apps.operations",
    "apps.sites",
    "apps.domains",
    "apps.databases",
    "apps.workers",
    "apps.cron",
    "apps.mail",
    "apps.notices",
    "apps.backups",
    "apps.browser",
    "apps.lifecycle",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "apps.browser.door.BrowserDoor",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "apps.accounts.idle.IdleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "frankenpanel.urls"
WSGI_APPLICATION = "frankenpanel.wsgi.application"
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
            ],
            "libraries": {"ages": "apps.operations.ages"},
        },
    }
]

# The panel's own records
DATABASES: dict[str, Any] = {"default": environment.database(f"sqlite:///{ROOT}/records/panel.sqlite3")}
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

# Who may come in
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ANONYMOUS_USER_NAME = None
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "apps.accounts.address.client_address"
LOGIN_URL = "admin:login"

# What a browser is told
ALLOWED_HOSTS = [PANEL_HOST]
CSRF_TRUSTED_ORIGINS = [f"https://{PANEL_HOST}:{HTTPS_PORT}", f"https://{PANEL_HOST}"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_AGE = 8 * 3600
CSRF_COOKIE_SECURE = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, UNSAFE_EVAL],  # alpine.js, which unfold ships, evaluates its attributes
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "frame-ancestors": ["'none'"],
        "base-uri": [SELF],
        "form-action": [SELF],
    }
}
STATIC_URL = "static/"
STATIC_ROOT = ROOT / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
LANGUAGE_CODE = "en"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.accounts.permissions.SignedIn"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "frankenpanel.pages.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "frankenpanel.problems.answer",
    "PAGE_SIZE": 25,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "FrankenPanel",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "frankenpanel.openapi.with_problems",
    ],
}

# Celery: it wakes the runners; what there is to do stands in the operations' table
CELERY_BROKER_URL = environment.broker("folder://")
if CELERY_BROKER_URL == "folder://":
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "data_folder_in": str(ROOT / "broker" / "messages"),
        "data_folder_out": str(ROOT / "broker" / "messages"),
        "control_folder": str(ROOT / "broker" / "control"),
        "polling_interval": 0.01,
    }
elif "redis" in CELERY_BROKER_URL.partition("://")[0]:
    # One try, and so many seconds for an answer: neither a request nor a step waits longer for a broker that is away.
    # A runner's is longer than the half second that Redis keeps its question; see redis_broker.
    patience = 1.0 if ROLE == "runner" else 0.3
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": patience, "socket_connect_timeout": patience, "max_retries": 0}
CELERY_RESULT_BACKEND = "apps.operations.results:Results"
CELERY_RESULT_EXTENDED = True
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = f"server.{SERVER}"
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
# More than are at work: once all of it was used up, a runner slept on for 0.2 s beside idle hands. No message is kept
# from anybody by it, for a runner takes the next one only when a hand is free
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a runner waits for its broker for ever: the sweeper works meanwhile
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "forget-credentials": {"task": "operations.forget_credentials", "schedule": 600.0},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": environment.text("FRANKENPANEL_LOG_LEVEL", "WARNING")},
}
