"""The WSGI object, where `gunicorn app:app` and `flask run` look for it; `bff serve` does without."""

import os
import sys

from bff.config.settings import Settings
from bff.errors import ConfigurationError
from bff.factory import create_app

try:
    app = create_app(Settings.from_env(os.environ))
except ConfigurationError as error:
    print(error, file=sys.stderr)  # noqa: T201 - for whoever starts the server; a traceback would bury it
    # To gunicorn: the worker cannot boot, so do not start another.
    sys.exit(3)
