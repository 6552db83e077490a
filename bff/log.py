"""Writes events, one line each, as JSON or text; and the filter that keeps URLs short.

Nothing secret is passed in: names of operations, templates of routes, hashes. What other libraries log of URLs
is cut at the question mark, because Emporix takes tokens and codes in queries. What a security reviewer follows goes
to a logger of its own, which no log level silences; people and sessions stand there as hashes.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from bff.config.settings import LogFormat, LoggingSettings
from bff.emails import comparable
from bff.events import Event
from bff.metrics.counts import Counts

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request that is being answered, by an id of our own; set by the web floor, shown in every line."""
SENT_REQUEST_ID: ContextVar[str | None] = ContextVar("sent_request_id", default=None)
"""The id that came with it, where it is well formed and a proxy is declared; shown in every line but the audit's:
there nothing stands that the sender of a request chose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The place of a request in a trace that others keep (W3C Trace Context)."""

    trace_id: str
    span_id: str
    """Of this request, made here."""
    flags: str

    @property
    def parent(self) -> str:
        """`traceparent` of what is asked of others on the way."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


TRACE: ContextVar[Trace | None] = ContextVar("trace", default=None)
"""Where a declared proxy sent one; shown like the id that came."""

_URL_LOGGERS = (
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.util.retry",
)

AUDIT_LOGGER = "bff.audit"
SHOWN_OF_A_HASH = 16


class Log:
    """Writes events to the standard library's logging; stateless."""

    def __init__(
        self, logger: logging.Logger, pseudonym: Callable[[bytes, str], str], counts: Counts | None = None
    ) -> None:
        """:param counts: counts what is reported, whether a line is written or not; None: nobody does"""
        self._logger = logger
        self._counts = counts
        self._audit_logger = logging.getLogger(AUDIT_LOGGER)
        self._pseudonym = pseudonym

    def emit(self, event: Event, *, exception: BaseException | None = None, **fields: Any) -> None:
        """Report an event; `exception` adds its type and where it was raised, never its text."""
        if self._counts is not None:
            self._counts.event(event, fields)
        if not self._logger.isEnabledFor(event.level):
            return
        if exception is not None:
            fields["exception"] = type(exception).__name__
            fields["raised"] = _places(exception)
        _write(self._logger, event, fields)

    def audit(
        self,
        event: Event,
        *,
        sid: str | None = None,
        customer_id: str | None = None,
        email: str | None = None,
        entity_id: str | None = None,
        before_sid: str | None = None,
        **fields: Any,
    ) -> None:
        """Report what happened to a session or an account, at every log level.

        :param sid: the session's name in Redis, itself a hash of the cookie; its first half is shown
        :param customer_id: shown as a keyed hash, the same in every line until the newest server key changes
        :param email: the same, where an address is typed; case and the spelling of its domain do not matter
        :param entity_id: the same, of the company that a customer acts for
        :param before_sid: the name that the session had until now
        :param fields: fixed words and numbers, never what the sender of a request chose
        """
        if self._counts is not None:
            self._counts.event(event, fields)
        if sid is not None:
            fields["session"] = sid[:SHOWN_OF_A_HASH]
        if before_sid is not None:
            fields["before"] = before_sid[:SHOWN_OF_A_HASH]
        typed = None if email is None else comparable(email)
        for name, kind, value in (
            ("person", b"log-person", customer_id),
            ("email", b"log-email", typed),
            ("entity", b"log-entity", entity_id),
        ):
            if value is not None:
                fields[name] = self._pseudonym(kind, value)[:SHOWN_OF_A_HASH]
        _write(self._audit_logger, event, {"audit": True, **fields})


def _write(logger: logging.Logger, event: Event, fields: Mapping[str, Any]) -> None:
    shown = {name: value for name, value in fields.items() if value is not None}
    if not logger.isEnabledFor(event.level):
        return
    # Not `logger.log`, which looks up the caller's file and line for a record that shows neither.
    logger.handle(
        logger.makeRecord(logger.name, event.level, "", 0, event.label, (), None, extra={"bff_fields": shown})
    )


def _places(exception: BaseException) -> list[str]:
    places = []
    traceback = exception.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{traceback.tb_lineno}:{code.co_name}")
        traceback = traceback.tb_next
    return places[-8:]


class JsonFormatter(logging.Formatter):
    """One JSON object a line, in ASCII: Unicode has more line breaks than two. Foreign records keep their text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line for a record."""
        return _ENCODER.encode(_line(record))


_ENCODER = json.JSONEncoder(default=str)


class TextFormatter(logging.Formatter):
    """`time level event key=value …`, for people.

    :param colours: for a terminal
    """

    def __init__(self, *, colours: bool = False) -> None:
        super().__init__()
        self._paint = _painted if colours else _plain

    def format(self, record: logging.LogRecord) -> str:
        """Return the line for a record."""
        line, paint = _line(record), self._paint
        time, level, event = line.pop("time"), line.pop("level"), line.pop("event")
        if event == Event.REQUEST.label:
            status = line.pop("status", None)
            colour = _RED if str(status).startswith("5") else ""
            path = _shown(line.pop("route", "-"))
            said = f"{_shown(line.pop('method', '-'))} {path} {paint(str(status), colour)} {line.pop('ms', '')} ms"
        elif event == "log":
            said = f"{line.pop('logger')}: {printable(line.pop('message'))}"
        else:
            said = ("audit " if line.pop("audit", False) else "") + event
        told = (f"{paint(name + '=', _DIM)}{_shown(value)}" for name, value in line.items())
        head = f"{paint(time.replace('T', ' ')[:-1], _DIM)} {paint(f'{level:<8}', _COLOURS.get(level, ''))}"
        return " ".join([f"{head} {said}", *told])


_DIM, _RED = "2", "31"
_COLOURS: Final = {"debug": _DIM, "info": "32", "warning": "33", "error": _RED, "critical": "1;31"}
"""By level, as terminals take them (ECMA-48 8.3.117)."""


def _painted(text: str, colour: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if colour else text


def _plain(text: str, colour: str) -> str:
    return text


def printable(text: str) -> str:
    """Return a text without what starts a line of its own or speaks to a terminal."""
    return text if text.isprintable() else repr(text)[1:-1]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and value:
        return ",".join(map(_shown, value))
    text = value if isinstance(value, str) else str(value)
    return text if _BARE.fullmatch(text) else repr(text)


_BARE: Final = re.compile(r"[!#-&(-<>-~]+")
"""What needs no quotes: ASCII that is seen, without quotes and `=`."""


@lru_cache(2)
def _stamp(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def _line(record: logging.LogRecord) -> dict[str, Any]:
    line: dict[str, Any] = {
        "time": f"{_stamp(int(record.created))}.{int(record.msecs):03d}Z",
        "level": record.levelname.lower(),
    }
    fields: Mapping[str, Any] | None = getattr(record, "bff_fields", None)
    if fields is None:
        line["event"] = "log"
        line["logger"] = record.name
        line["message"] = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = type(record.exc_info[1]).__name__
            line["raised"] = _places(record.exc_info[1])
    else:
        line["event"] = record.msg
        line.update(fields)
    request_id = REQUEST_ID.get()
    if request_id is not None:
        line["requestId"] = request_id
    sent = SENT_REQUEST_ID.get()
    if sent is not None and record.name != AUDIT_LOGGER:
        line["sentRequestId"] = sent
    trace = TRACE.get()
    if trace is not None and record.name != AUDIT_LOGGER:
        line["traceId"], line["spanId"] = trace.trace_id, trace.span_id
    return line


def request_id_to_tell() -> str | None:
    """Return the id by which an answer names its request: the one that came with it, or ours."""
    return SENT_REQUEST_ID.get() or REQUEST_ID.get()


class UrlRedaction(logging.Filter):
    """Cuts queries, and path parts known to be secret, out of what other libraries log."""

    def __init__(self, secret_path_prefixes: Iterable[str] = ()) -> None:
        super().__init__()
        self.prefixes = frozenset(secret_path_prefixes)
        """What stands before a path's secret part."""
        self._patterns = [
            # Headers that cannot be read are shown as they came, with whatever they hold.
            (re.compile(r"(unparsed data: ).*", re.DOTALL), r"\1***"),
            (re.compile(r"\?[^\s\"'<>)\]]*"), "?***"),
        ]
        for prefix in sorted(self.prefixes):
            self._patterns.append((re.compile(rf"({re.escape(prefix)})[^/\s\"'?]+"), r"\1***"))

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact in place and let the record through."""
        text = record.getMessage()
        for pattern, instead in self._patterns:
            text = pattern.sub(instead, text)
        record.msg, record.args = text, None
        # A formatter that is not ours would print the exception's text.
        record.exc_info = record.exc_text = None
        return True


def redact_http_library(redaction: UrlRedaction) -> None:
    """Put the filter on urllib3's own loggers, so that it holds whatever handler is listening."""
    for name in _URL_LOGGERS:
        logger = logging.getLogger(name)
        # Another application of this process may have other prefixes, its tenant being part of them.
        known = [filter.prefixes for filter in logger.filters if isinstance(filter, UrlRedaction)]
        if not any(prefixes >= redaction.prefixes for prefixes in known):
            logger.addFilter(redaction)


def configure(settings: LoggingSettings) -> None:
    """Send every record of the process to standard error in the chosen format; with colours on a terminal."""
    handler = logging.StreamHandler(sys.stderr)
    text = TextFormatter(colours=sys.stderr.isatty() and not os.environ.get("NO_COLOR"))
    handler.setFormatter(JsonFormatter() if settings.format is LogFormat.JSON else text)
    # No line shows which thread or process it comes from; looking them up takes longer than to write it.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    if sys.version_info >= (3, 12):
        logging.logAsyncioTasks = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    logging.getLogger(AUDIT_LOGGER).setLevel(logging.INFO)
