"""Answers: byte for byte what gunicorn would have written, and refused where it would have refused."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from gunicorn import util
from gunicorn.http.errors import InvalidResponseHeader, InvalidResponseHeaderName
from gunicorn.http.wsgi import Response
from hypothesis import given, settings
from hypothesis import strategies as st

from bff.commands.answer import Answer
from bff.config.settings import Settings
from tests.support.served import environment, server_of

CFG = server_of(Settings.from_env(environment())).cfg
DATE = re.compile(rb"Date: [^\r]*\r\n")

NAMES = st.sampled_from(
    [
        *["X-A", "x-b", "Content-Length", "content-length", "Connection", "Upgrade", "Date", "Server"],
        *["Transfer-Encoding", "Set-Cookie", "", "X A", "X:A", "X-A\r\nX-B", "\u00e4"],
    ]
)
VALUES = st.sampled_from(
    [
        *["", "a", " a\t", "3", "close", "upgrade", "websocket"],
        *["\u00e4", "\u20ac", "a\nb", "a\r\nX-B: c", "\n", "\x00", "a\x7f"],
    ]
)


def written(kind: type[Response], headers: list[tuple[str, str]], version: tuple[int, int], status: str) -> object:
    sent = bytearray()
    request = SimpleNamespace(version=version, method="GET", should_close=lambda: version == (1, 0))
    answer = kind(request, SimpleNamespace(sendall=sent.extend), CFG)
    try:
        answer.start_response(status, headers)
        answer.write(b"abc")
        answer.close()
    except (InvalidResponseHeader, InvalidResponseHeaderName, ValueError, UnicodeEncodeError) as error:
        return type(error), str(error)
    return DATE.sub(b"", bytes(sent)), answer.should_close()


@given(
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=5),
    version=st.sampled_from([(1, 0), (1, 1)]),
    status=st.sampled_from(["200 OK", "204 No Content", "304 Not Modified", "404 Not Found"]),
)
@settings(max_examples=1000, deadline=None, derandomize=True, database=None)
def test_answer_is_gunicorns_own(headers: list[tuple[str, str]], version: tuple[int, int], status: str) -> None:
    assert written(Answer, headers, version, status) == written(Response, headers, version, status)


@pytest.mark.parametrize("value", ["a\nX-B: c", "a\n", "\na", "a\r\nX-B: c", "a\rb"])
def test_value_with_a_line_break_is_refused(value: str) -> None:
    for headers in ([("X-A", value)], [("X-B", "a"), ("X-A", value), ("X-C", "c")]):
        expected = InvalidResponseHeader, str(InvalidResponseHeader(repr("X-A")))
        assert written(Answer, headers, (1, 1), "200 OK") == expected


def test_value_that_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError):
        written(Answer, [("X-A", 3)], (1, 1), "200 OK")  # type: ignore[list-item]


def test_date_is_made_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bff.commands.answer.time", SimpleNamespace(time=lambda: 1_000_000_000.5))
    dates: list[object] = []
    made = util.http_date

    def counted(timestamp: float) -> str:
        dates.append(timestamp)
        return str(made(timestamp))

    monkeypatch.setattr(util, "http_date", counted)
    headers = [(f"X-{number}", "value") for number in range(14)]
    for _ in range(5):
        written(Answer, headers, (1, 1), "200 OK")
    assert len(dates) <= 1
