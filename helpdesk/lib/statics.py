"""Static files under names that carry their hash, module imports included."""

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(StaticFilesConfig):
    """Leaves out what packages bring along and no page of ours asks for (one of them cannot even be rewritten)."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx", "redoc", "rest_framework"]


class Hashed(CompressedManifestStaticFilesStorage):
    """Rewrites `import` addresses in modules too. Compression is left to the image build: it takes 20 s."""

    support_js_module_import_aggregation = True
    manifest_strict = True

    def post_process(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        yield from super(CompressedManifestStaticFilesStorage, self).post_process(*args, **kwargs)
