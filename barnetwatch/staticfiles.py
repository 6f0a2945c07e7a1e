from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    """Names with a hash, also where one script imports another."""

    support_js_module_import_aggregation = True
