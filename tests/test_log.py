"""One line a record, no exception's text, no query and no mailed token, whoever is listening."""

from __future__ import annotations

import io
import json
import logging
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bff.config.settings import LogFormat, LoggingSettings, Settings
from bff.emporix.client import Call
from bff.errors import BffError
from bff.events import Event
from bff.log import (
    AUDIT_LOGGER,
    REQUEST_ID,
    JsonFormatter,
    TextFormatter,
    UrlRedaction,
    configure,
    redact_http_library,
)
from bff.secret import Secret
from bff.wiring import build_services
from tests.support.fakes.logs import log_to
from tests.support.fakes.raw_server import RawServer, reply, resets, sends, sends_and_closes
from tests.support.shop import ShopMaker

BREAKS = "a\nb\rc\u2028d\u2029e\x85f\x0bg\x0ch"
HTTP_LOGGERS = ("urllib3.connection", "urllib3.connectionpool", "urllib3.poolmanager", "urllib3.util.retry")


@pytest.fixture(params=[JsonFormatter, TextFormatter])
def lines(request: pytest.FixtureRequest) -> tuple[logging.Logger, io.StringIO]:
    """A logger whose lines can be read back, in each format."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param())
    logger = logging.Logger("a test", logging.DEBUG)
    logger.addHandler(handler)
    return logger, stream


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, put back as it was."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:] = handlers
    logger.setLevel(level)


def as_json(event: Event, **fields: Any) -> dict[str, Any]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.Logger("a test", logging.DEBUG)
    logger.addHandler(handler)
    log_to(logger).emit(event, **fields)
    line: dict[str, Any] = json.loads(stream.getvalue())
    return line


def failing(text: str) -> Exception:
    try:
        raise ValueError(text)
    except ValueError as err:
        return err


def test_json_line_has_time_level_event_and_fields() -> None:
    line = as_json(Event.UPSTREAM_FAILED, operation="login", status=503, reason=None)
    assert line.pop("time").endswith("Z")
    assert line == {"level": "debug", "event": "upstream_failed", "operation": "login", "status": 503}


def as_text(tell: Callable[[logging.Logger], object], *, colours: bool = False) -> str:
    """Return a line without its day and time."""
    handler = logging.StreamHandler(stream := io.StringIO())
    handler.setFormatter(TextFormatter(colours=colours))
    logger = logging.Logger("a test", logging.DEBUG)
    logger.addHandler(handler)
    tell(logger)
    line = stream.getvalue()
    assert re.match(r"(\x1b\[2m)?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}(\x1b\[0m)? ", line)
    return line.split(" ", 2)[2]


@pytest.mark.parametrize(
    ("event", "fields", "told"),
    [
        (
            Event.REQUEST,
            {"method": "GET", "route": "/api/me", "status": 200, "ms": 12.3, "redisMs": 0.8},
            "info     GET /api/me 200 12.3 ms redisMs=0.8",
        ),
        (Event.REQUEST, {"method": "GET", "status": 404, "ms": 0.1}, "info     GET - 404 0.1 ms"),
        (Event.STORE_NOT_READY, {"cause": "OOM", "host": "a:1"}, "warning  store_not_ready cause=OOM host=a:1"),
        (Event.HOST_REFUSED, {"expected": "a b=c"}, "warning  host_refused expected='a b=c'"),
        (
            Event.SERVING,
            {"socialLogin": False, "listed": ["a", "b c"], "none": ""},
            "info     serving socialLogin=no listed=a,'b c' none=''",
        ),
    ],
)
def test_text_line_reads_from_left_to_right(event: Event, fields: dict[str, Any], told: str) -> None:
    assert as_text(lambda logger: log_to(logger).emit(event, **fields)) == told + "\n"


def test_text_line_of_another_library_is_its_message_and_speaks_to_no_terminal() -> None:
    assert as_text(lambda logger: logger.info("Listening at: %s", "a b")) == "info     a test: Listening at: a b\n"
    assert "\x1b" not in as_text(lambda logger: logger.info("\x1b[2J")) + as_text(
        lambda logger: log_to(logger).emit(
            Event.REQUEST, method="\x1b[2J", route="\x1b[2J", status=1, ms=1, a="\x1b[2J"
        )
    )


def test_audit_line_is_marked_in_text(caplog: pytest.LogCaptureFixture) -> None:
    handler = logging.StreamHandler(stream := io.StringIO())
    handler.setFormatter(TextFormatter())
    audit = logging.getLogger(AUDIT_LOGGER)
    audit.addHandler(handler)
    caplog.set_level(logging.INFO, AUDIT_LOGGER)
    try:
        log_to().audit(Event.SIGNED_OUT, sid="0123456789abcdef" * 4)
    finally:
        audit.removeHandler(handler)
    assert stream.getvalue().endswith(" info     audit signed_out session=0123456789abcdef\n")


def test_colours_stand_around_words_and_change_none() -> None:
    def tell(logger: logging.Logger) -> None:
        log_to(logger).emit(Event.REQUEST, method="GET", route="/", status=503, ms=1.0, redisMs=2.0)

    coloured = as_text(tell, colours=True)
    assert "\x1b[31m503\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]+m", "", coloured) == as_text(tell)


@pytest.mark.parametrize(("variables", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_terminal_gets_colours_unless_asked_not_to(variables: dict[str, str], is_coloured: bool) -> None:
    ours, terminal = pty.openpty()
    program = (
        "import logging; from bff.log import configure; from bff.config.settings import LogFormat, LoggingSettings;"
        "configure(LoggingSettings(level='info', format=LogFormat.TEXT)); logging.warning('here')"
    )
    environ = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    try:
        subprocess.run([sys.executable, "-c", program], stderr=terminal, env={**environ, **variables}, check=True)
        told = os.read(ours, 4096)
    finally:
        os.close(ours)
        os.close(terminal)
    assert b"root: here" in told
    assert (b"\x1b[33mwarning" in told) is is_coloured


def test_line_breaks_in_values_start_no_line(lines: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = lines
    log_to(logger).emit(Event.REQUEST, route=BREAKS, listed=[BREAKS], nested={"a": BREAKS})
    logger.warning("foreign %s", BREAKS)
    assert len(stream.getvalue().splitlines()) == 2


def test_half_a_surrogate_pair_can_be_written_to_a_stream_of_bytes() -> None:
    line = as_json(Event.REQUEST, route="\udc80")
    assert line["route"] == "\udc80"
    logger = logging.Logger("a test")
    raw = io.BytesIO()
    handler = logging.StreamHandler(io.TextIOWrapper(raw, encoding="utf-8", write_through=True))
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)
    log_to(logger).emit(Event.REQUEST, route="\udc80ü")
    assert json.loads(raw.getvalue())["route"] == "\udc80ü"


def test_request_id_is_in_every_line_of_a_request(lines: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = lines
    token = REQUEST_ID.set("0123456789abcdef")
    try:
        log_to(logger).emit(Event.REQUEST)
        logger.warning("foreign")
    finally:
        REQUEST_ID.reset(token)
    log_to(logger).emit(Event.REQUEST)
    with_id = [("0123456789abcdef" in line) for line in stream.getvalue().splitlines()]
    assert with_id == [True, True, False]


def test_exception_is_logged_by_type_and_place_without_its_text(lines: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = lines
    log_to(logger).emit(Event.INTERNAL_ERROR, exception=failing("secret-canary"))
    logger.error("foreign", exc_info=failing("secret-canary"))
    first, second = stream.getvalue().splitlines()
    for line in (first, second):
        assert "secret-canary" not in line
        assert "ValueError" in line
        assert ":failing" in line
    assert sys.exc_info() == (None, None, None)


def test_secret_shows_as_stars(lines: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = lines
    log_to(logger).emit(Event.REQUEST, value=Secret("secret-canary"))
    assert "secret-canary" not in stream.getvalue()
    assert "***" in stream.getvalue()


def test_events_below_the_level_cost_nothing_and_say_nothing(lines: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = lines
    logger.setLevel(logging.WARNING)
    log_to(logger).emit(Event.REQUEST)
    assert stream.getvalue() == ""


def test_event_names_are_unique_words() -> None:
    names = [event.label for event in Event]
    assert len(set(names)) == len(names) == len(Event)
    assert all(name.isidentifier() and name == name.lower() for name in names)


@pytest.mark.parametrize(("chosen", "kind"), [(LogFormat.JSON, JsonFormatter), (LogFormat.TEXT, TextFormatter)])
def test_configuring_twice_leaves_one_handler(chosen: LogFormat, kind: type, root: logging.Logger) -> None:
    for _ in range(2):
        configure(LoggingSettings(level="warning", format=chosen))
    assert [type(handler.formatter) for handler in root.handlers] == [kind]
    assert root.level == logging.WARNING


def redacted(text: str, *args: Any, prefixes: tuple[str, ...] = ()) -> str:
    record = logging.LogRecord("a", logging.DEBUG, "file", 1, text, args, None)
    assert UrlRedaction(prefixes).filter(record) is True
    return record.getMessage()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('"GET /a?b=c&d=e HTTP/1.1" 200', '"GET /a?*** HTTP/1.1" 200'),
        ("url=https://h/a?t=%2F: x", "url=https://h/a?*** x"),
        ("(/a?x)", "(/a?***)"),
        ("/a?b -> /c?d", "/a?*** -> /c?***"),
        ("100 % sure", "100 % sure"),
        ("/in/secret-token?x", "/in/***?***"),
        ("/in/secret-token", "/in/***"),
        ("/in/a.b~c-d_e HTTP", "/in/*** HTTP"),
    ],
)
def test_queries_and_secret_path_parts_are_cut(text: str, shown: str) -> None:
    assert redacted(text, prefixes=("/in/",)) == shown


def test_arguments_of_a_record_are_cut_like_its_text() -> None:
    assert redacted('"%s %s"', "GET", "/a?token=x") == '"GET /a?***"'


def test_same_redaction_is_put_on_once_and_another_tenants_beside_it() -> None:
    logger = logging.getLogger("urllib3.connectionpool")
    before = len(logger.filters)
    for _ in range(3):
        redact_http_library(UrlRedaction(["/customer/tenantone/in/"]))
    assert len(logger.filters) == before + 1
    redact_http_library(UrlRedaction(["/customer/tenanttwo/in/"]))
    record = logging.LogRecord("a", 10, "f", 1, "/customer/tenanttwo/in/canary /customer/tenantone/in/canary", (), None)
    assert logger.filter(record)
    assert "canary" not in record.getMessage()
    for name in HTTP_LOGGERS:
        one = logging.getLogger(name)
        one.filters[:] = [kept for kept in one.filters if "/customer/tenant" not in str(getattr(kept, "prefixes", ""))]


def test_every_logger_of_the_http_library_that_writes_urls_is_covered(make_shop: ShopMaker) -> None:
    make_shop()
    for name in HTTP_LOGGERS:
        assert any(isinstance(kept, UrlRedaction) for kept in logging.getLogger(name).filters), name


@pytest.mark.parametrize(
    "script",
    [
        sends(reply(b"{}")),
        resets,
        sends_and_closes(b"HTTP/1.1 200 OK\r\nnot a header: mailed-canary\r\n \r\n\r\n"),
        sends_and_closes(b"HTTP/1.1 200 OK\r\nmailed-canary\r\nContent-Length: 2\r\n\r\n{}"),
        sends_and_closes(reply(b"", status="302 Found", headers=("Location: /x?accessToken=access-canary",))),
    ],
    ids=["fine", "reset", "folded", "broken header", "redirect"],
)
def test_no_handler_sees_a_token_of_an_address(
    make_shop: ShopMaker, caplog: pytest.LogCaptureFixture, script: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    plain = io.StringIO()
    listener = logging.StreamHandler(plain)
    logging.getLogger().addHandler(listener)
    calls = {
        "logout": {"accessToken": Secret("access-canary")},
        "signup_optin": {"token": Secret("mailed-canary")},
        "anonymous_refresh": {"refresh_token": Secret("refresh-canary")},
    }
    try:
        with RawServer(script) as server:
            services = build_services(Settings.from_env(make_shop.environment(server.origin)))
            for name, values in calls.items():
                try:
                    services.client.call(services.operations[name], Call(values=values), Secret("bearer-canary"))
                except BffError:
                    continue
        assert len(server.requests) == len(calls)
    finally:
        logging.getLogger().removeHandler(listener)
    assert any(record.msg == "upstream_call" for record in caplog.records)
    assert "-canary" not in plain.getvalue() + caplog.text
