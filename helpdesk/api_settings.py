"""What the libraries of the API are told."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["helpdesk.users.api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["helpdesk.users.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["helpdesk.lib.api.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "helpdesk.users.api.schema.Schema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "helpdesk.lib.api.problem",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_VERSIONING_CLASS": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Helpdesk API",
    "DESCRIPTION": "Cases, messages, people and identification. Errors are RFC 9457 problem documents.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": None,
    "SERVE_PERMISSIONS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "ENUM_NAME_OVERRIDES": {
        "CaseStatus": "helpdesk.cases.models.Status",
        "ReceiptStatus": "channels_custom.api.RECEIPTS",
        "Verdict": "helpdesk.users.services.conflicts.Verdict",
    },
}
