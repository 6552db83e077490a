"""Production serving: gunicorn with this project's own settings, all of them in this file.

No environment variable and no configuration file of gunicorn's has a say. gunicorn believes no forwarded header: the
application reads those, for as many proxies as it is told of. How HTTP is read is set here too, though mostly to
gunicorn's default: a request that two servers could read in two ways is refused. Each worker builds
its own application after the fork, so that none shares a connection. gunicorn writes no access log, and what it
logs of a request is cut where a query begins, since mailed tokens arrive in queries.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from bff.commands.arrival import LONGEST_COOKIE_BYTES, LONGEST_REQUEST_LINE_BYTES, MOST_HEADERS
from bff.commands.worker import WholeRequestWorker
from bff.config.settings import ServingSettings, Settings
from bff.web.bare_answers import BareAnswers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MEMORY_FOLDER: Final = Path("/dev/shm")  # nosec B108 # noqa: S108 - gunicorn makes its files there with mkstemp
KEEPALIVE_SECONDS: Final = 75
"""Longer than load balancers usually keep an idle connection (60 s): else they send into a closed one."""
HEARTBEAT_SECONDS: Final = 30
BACKLOG: Final = 2048
SOCKET_UMASK: Final = 0o007
"""A unix socket is for owner and group; gunicorn's default lets every user of the machine connect."""

QUERY: Final = re.compile(r"\?.*", re.DOTALL)
QUOTED: Final = re.compile(r"^(Invalid request from ip=|Ignored premature)([^'\"]*).*", re.DOTALL)


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn for one configuration; `run()` does not return but ends the process."""

    def __init__(self, settings: Settings, make_app: Callable[[Settings], WSGIApplication]) -> None:
        self._settings = settings
        self._make_app = make_app
        self.bare_answers = BareAnswers(settings)
        """For the workers."""
        super().__init__(prog="bff")

    def load_config(self) -> None:
        """Say every setting; the base class calls this."""
        for name, value in options(self._settings.serving, self._settings.logging.level).items():
            # Older releases lack some: what they have no switch for, they do not do.
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """Build the application; the base class calls this in each worker."""
        return self._make_app(self._settings)


def options(serving: ServingSettings, log_level: str) -> dict[str, Any]:
    """Return gunicorn's settings by their names there."""
    return {
        "bind": [serving.bind],
        "worker_class": WholeRequestWorker,
        "workers": serving.workers,
        "threads": serving.threads,
        "timeout": HEARTBEAT_SECONDS,
        "graceful_timeout": serving.graceful_timeout_seconds,
        "keepalive": KEEPALIVE_SECONDS,
        "backlog": BACKLOG,
        "preload_app": False,
        "proc_name": "bff",
        "umask": SOCKET_UMASK,
        "worker_tmp_dir": str(MEMORY_FOLDER) if MEMORY_FOLDER.is_dir() else None,
        "limit_request_line": LONGEST_REQUEST_LINE_BYTES,
        "limit_request_fields": MOST_HEADERS,
        "limit_request_field_size": LONGEST_COOKIE_BYTES,
        **_strict_http(),
        # What does not go through `sendall` would go past the worker, which keeps a thread from waiting for a client.
        "sendfile": False,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": log_level,
        "logger_class": QuietLogger,
        "control_socket_disable": True,
    }


def _strict_http() -> dict[str, Any]:
    return {
        # A peer on a unix socket counts as allowed whatever the list says: so there is nothing to allow.
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        "forwarder_headers": "",
        "raw_env": ["SCRIPT_NAME="],
        # `X_Forwarded_For` would arrive in the application as `X-Forwarded-For`.
        "header_map": "drop",
        "permit_obsolete_folding": False,
        "strip_header_spaces": False,
        "permit_unconventional_http_method": False,
        "permit_unconventional_http_version": False,
        "casefold_http_method": False,
        # The parser that the tests have seen, even where another one is installed.
        "http_parser": "python",
        "protocol": "http",
        "http_protocols": "h1",
        "http2_cleartext": "off",
        "uwsgi_allow_ips": "",
        "proxy_protocol": False,
        "proxy_allow_ips": "",
    }


class QuietLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Hands gunicorn's records to the root logger's handlers, cut where a secret could begin.

    Tracebacks are up to those handlers: `bff.log` writes an exception's type and places, not its text.
    """

    def setup(self, cfg: Any) -> None:
        """Replace the handlers that gunicorn has just made; it calls this at the start and after a reload."""
        super().setup(cfg)
        self.error_log.handlers[:] = []
        self.error_log.propagate = True
        if not any(isinstance(known, RequestTextFilter) for known in self.error_log.filters):
            self.error_log.addFilter(RequestTextFilter())


class RequestTextFilter(logging.Filter):
    """Cuts what a request brought out of a record: all from a `?` on, and the bytes of a malformed one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place and let it through."""
        # A raw request target may hold spaces and quotes: only the end of the text is surely its end.
        record.msg = QUOTED.sub(r"\1\2***", QUERY.sub("?***", record.getMessage()))
        record.args = None
        return True
