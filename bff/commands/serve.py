"""Production serving: gunicorn with this project's own settings, all of them in this file.

No environment variable and no configuration file of gunicorn's has a say. gunicorn believes no forwarded header: the
application reads those, for as many proxies as it is told of. How HTTP is read is set here too, though mostly to
gunicorn's default: a request that two servers could read in two ways is refused. Each worker builds
its own application after the fork, so that none shares a connection. The master reads the configuration and its files,
at the start and at SIGHUP, and the workers have them from it. gunicorn writes no access log, and what it
logs of a request is cut where a query begins, since mailed tokens arrive in queries.
"""

from __future__ import annotations

import gc
import logging
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

import bff
from bff import log
from bff.commands.arrival import LONGEST_COOKIE_BYTES, LONGEST_REQUEST_LINE_BYTES, MOST_HEADERS
from bff.commands.cookie_lines import join_cookie_lines
from bff.commands.counting import Counting, leave_what_is_the_masters, start_answering
from bff.commands.listening import CannotListenError
from bff.commands.master import Master
from bff.commands.service_manager import ServiceManager
from bff.commands.shares import Shares
from bff.commands.worker import WholeRequestWorker
from bff.commands.worker_states import WorkerState, WorkerStates
from bff.config.redis_url import place
from bff.config.settings import ServingSettings, Settings
from bff.errors import ConfigurationError
from bff.events import Event
from bff.metrics.counts import Counts
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

LOGGER: Final = logging.getLogger("bff.serve")
QUERY: Final = re.compile(r"\?.*", re.DOTALL)
QUOTED: Final = re.compile(r"^(Invalid request from ip=|Ignored premature)([^'\"]*).*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A configuration that was found sound, with all that was read for it."""

    settings: Settings
    make_app: Callable[[Counts | None], WSGIApplication]
    """Builds the application without reading the configuration's files again; it counts what it does, or does not."""
    storefront_rows: int = 0
    """How many further operations the shop declares."""


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn for one configuration at a time; `run()` does not return but ends the process."""

    def __init__(self, prepare: Callable[[], Prepared]) -> None:
        """:param prepare: reads the configuration, now and at each reload

        :raises ConfigurationError: the configuration is wrong
        """
        self._prepare = prepare
        self._current = prepare()
        self.shares = Shares()
        """Which worker has how many connections."""
        self.worker_states = WorkerStates()
        for warning in self._current.settings.warnings:
            print(f"warning: {warning}", file=sys.stderr)  # noqa: T201 - for whoever starts the server
        self.counting = Counting(self._current.settings.serving.metrics_bind)
        """What the workers count, and who asks for it."""
        log.configure(self._current.settings.logging)
        super().__init__(prog="bff")

    def renew(self) -> bool:
        """Read the configuration again, and tell whether it is sound; one that is not changes nothing.

        Where and in how many processes the server listens stays as it was, because gunicorn would drop connections.
        """
        try:
            new = self._prepare()
        except ConfigurationError as error:
            problems = error.problems
        except Exception:
            # Whatever else it is must not end a server that answers; the log gets type and places, not the text.
            LOGGER.exception("not reloaded: the configuration could not be read; this is a fault of the program")
            return False
        else:
            return self._take(new)
        for problem in problems:
            # Without the value: the terminal of a start may show it, a log is read by more people.
            LOGGER.error("not reloaded, %s: %s (example: %s)", problem.variable, problem.what, problem.example)
        return False

    def _take(self, new: Prepared) -> bool:
        serving, before = new.settings.serving, self._current.settings.serving
        for name in ("bind", "workers", "metrics_bind"):
            if getattr(serving, name) != getattr(before, name):
                LOGGER.warning("BFF_%s has changed, and counts after a restart only", name.upper())
        serving = replace(serving, bind=before.bind, workers=before.workers, metrics_bind=before.metrics_bind)
        self._current = replace(new, settings=replace(new.settings, serving=serving))
        log.configure(self._current.settings.logging)
        for warning in new.settings.warnings:
            LOGGER.warning("%s", warning)
        LOGGER.info("the configuration was read again")
        return True

    def run(self) -> None:
        """Serve until a signal asks to end."""
        try:
            self.counting.listen()
            Master(self, ServiceManager.taken_from(os.environ)).run()
        except (CannotListenError, RuntimeError) as error:
            print(f"bff: {error}", file=sys.stderr)  # noqa: T201 - for whoever starts the server
            sys.exit(1)

    def tell_start(self, listening: Sequence[str]) -> None:
        """Log what is served, and where."""
        settings, serving = self._current.settings, self._current.settings.serving
        url = settings.redis.url.reveal()
        log.Log(logging.getLogger("bff"), _no_pseudonym).emit(
            Event.SERVING,
            version=bff.__version__,
            publicUrl=serving.public_url,
            listening=", ".join(listening),
            workers=serving.workers,
            threads=serving.threads,
            redis=url.partition("://")[0],
            redisHost=place(url),
            socialLogin=settings.social is not None,
            storefrontRows=self._current.storefront_rows,
        )

    def load_config(self) -> None:
        """Say every setting; the base class calls this."""
        settings = self._current.settings
        for name, value in options(settings.serving, settings.logging.level).items():
            # Older releases lack some: what they have no switch for, they do not do.
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    @property
    def bare_answers(self) -> BareAnswers:
        """For the workers."""
        return BareAnswers(self._current.settings)

    def load(self) -> WSGIApplication:
        """Build the application; the base class calls this in each worker."""
        return self._current.make_app(self.counting.counts)


def _no_pseudonym(kind: bytes, value: str) -> str:
    """Stand in where no line is about a person."""
    raise AssertionError(kind)


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
        "pre_request": join_cookie_lines,
        "max_requests": serving.worker_requests,
        # Else all of them would be replaced one after the other.
        "max_requests_jitter": serving.worker_requests // 10,
        "when_ready": start_answering,
        "pre_fork": share_what_is_there,
        "post_fork": leave_what_is_the_masters,
        "post_worker_init": say_it_serves,
        "child_exit": forget_share,
        "control_socket_disable": True,
    }


def share_what_is_there(master: Any, worker: Any) -> None:
    """Keep what the master has made out of the workers' garbage collections: each would copy all it looks at."""
    master.app.worker_states.put(worker.age, WorkerState.STARTING)
    master.app.counting.before_worker(worker.age)
    gc.collect()
    gc.freeze()


def say_it_serves(worker: Any) -> None:
    """Let the master know that a worker's application is built."""
    worker.app.worker_states.put(worker.age, WorkerState.SERVING)


def forget_share(master: Any, worker: Any) -> None:
    """Let no worker wait for one that has ended, and keep what that one has counted."""
    master.app.shares.leave(worker.age)
    master.app.counting.after_worker(worker.age)


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
