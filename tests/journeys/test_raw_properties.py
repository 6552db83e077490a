"""What holds for any cookie header, return path, address id and forwarded header, over a bare socket.

Hypothesis puts the bytes together from the pieces that attacks on other software were made of; the server is the one
that `bff serve` runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from tests.support.journeys.raw_site import Site, answers, cookie_of, run_site
from tests.support.journeys.real_server import Answer
from tests.support.shop import COOKIE

NAME = COOKIE.encode()
CANARY = b"planted-canary-0123456789"
DEAD = b"A" * 43
SAFE_PATH = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._~-]{0,127})+|/")
ADDRESS_TARGET = re.compile(r"/customer/demoshop/me/addresses/[A-Za-z0-9_-]{1,64}(/tags\?tags=[^?#]*)?")

often = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
seldom = settings(often, max_examples=40)


@pytest.fixture(scope="module")
def site(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    log = tmp_path_factory.mktemp("log") / "log"
    with run_site(
        redis_server, log, BFF_RATE_LIMIT_API="off", BFF_RATE_LIMIT_GUEST="off", BFF_RATE_LIMIT_LOGIN="off"
    ) as running:
        yield running
        assert "internal_error" not in running.server.log
        assert "Traceback" not in running.server.log


def one(raw: list[Answer]) -> Answer:
    (answer,) = raw
    return answer


# Cookies.

NAMES = st.sampled_from(
    [
        NAME,
        NAME.upper(),
        b" " + NAME,
        b"\t" + NAME,
        b"\xa0" + NAME,
        b"\x85" + NAME,
        b"\xe2\x80\x80" + NAME,
        NAME + b" ",
        b"__Host-" + NAME,
        b"__Host-session",
        b"$Version",
        b"$Path",
        b"lang",
        b"",
    ]
)
VALUES = st.sampled_from(["real", "dead", "canary", "quoted", "open", "close", "empty", "pair", "broken"])
JOINTS = st.sampled_from([b"; ", b";", b" ;", b", ", b",", b";;", b"; ; "])
COOKIES = st.lists(st.tuples(NAMES, VALUES, JOINTS), min_size=1, max_size=5)


def cookie_header(pieces: list[tuple[bytes, str, bytes]], real: bytes) -> bytes:
    values = {
        "real": real,
        "dead": DEAD,
        "canary": CANARY,
        "quoted": b'"' + real + b'"',
        "open": b'"' + CANARY,
        "close": CANARY + b'"',
        "empty": b"",
        "pair": b"x=" + NAME + b"=" + real,
        "broken": real[:-1] + b"!",
    }
    header = b""
    for name, value, joint in pieces:
        header += (joint if header else b"") + name + b"=" + values[value]
    return header


def pair(part: bytes) -> tuple[bytes, bytes]:
    name, _, value = part.partition(b"=")
    return name.strip(b" \t"), value.strip(b" \t")


@given(pieces=COOKIES)
@often
def test_no_cookie_header_echoes_a_value_or_signs_anybody_in_without_the_cookie(
    site: Site, pieces: list[tuple[bytes, str, bytes]]
) -> None:
    real = site.cookie.partition(b"=")[2]
    header = cookie_header(pieces, real)
    answer = one(
        site.send(b"GET /api/session HTTP/1.1\r\n@host\r\nCookie: " + header + b"\r\nConnection: close\r\n\r\n")
    )
    assert answer.status in (200, 400), header
    shown = answer.body + b"\n".join(f"{name}: {value}".encode() for name, value in answer.headers.items())
    assert real not in shown
    assert CANARY not in shown
    mine = [pair(part) for part in header.split(b";")]
    if answer.status == 200 and json.loads(answer.body)["state"] == "authenticated":
        assert mine.count((NAME, real)) == 1, header
    names = [name for name, _ in mine]
    if NAME in names:
        assert answer.set_cookies == (), header
    if names.count(NAME) > 1:
        assert answer.status == 400, header


@given(pieces=COOKIES)
@often
def test_no_cookie_header_makes_a_change_without_its_own_csrf_token(
    site: Site, pieces: list[tuple[bytes, str, bytes]]
) -> None:
    site.sandbox.recorder.clear()
    header = cookie_header(pieces, DEAD)
    head = b"PATCH /api/me HTTP/1.1\r\n@host\r\nCookie: " + header + b"\r\nX-CSRF-Token: " + site.token
    body = b'{"company": "One"}'
    head += b"\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
    answer = one(site.send(head, body))
    assert answer.status in (400, 403), header
    assert answer.set_cookies == ()
    assert len(site.sandbox.recorder) == 0


# Return paths.

RETURNS = st.lists(
    st.sampled_from(
        [
            *["/", "//", "\\", "\t", " ", "\x0b", "\r\n", "\x00", ".", "..", "@", ":", ";", "?", "#", "%2f", "%5c"],
            *[
                "%00",
                "%09",
                "http:",
                "https://",
                "javascript:",
                "evil.example",
                "account",
                "password",
                "a.b",
                "é",
                "。",
            ],
        ]
    ),
    max_size=7,
).map("".join)


@given(value=RETURNS)
@often
def test_return_path_in_the_form_is_a_plain_path_of_ours_or_none(site: Site, value: str) -> None:
    query = quote_from_bytes(value.encode(), safe="").encode()
    answer = one(site.send(b"GET /login?next=" + query + b" HTTP/1.1\r\n@host\r\nConnection: close\r\n\r\n"))
    assert answer.status == 200
    kept = field(answer.body, "next")
    assert kept == "" or (SAFE_PATH.fullmatch(kept) and kept == value), value


@given(value=RETURNS)
@seldom
def test_sign_in_leads_to_a_plain_path_of_ours_whatever_the_form_says(site: Site, value: str) -> None:
    form = one(site.send(b"GET /login HTTP/1.1\r\n@host\r\nConnection: close\r\n\r\n"))
    fields = {
        "csrf_token": field(form.body, "csrf_token"),
        "email": B2C_EMAIL,
        "password": B2C_PASSWORD,
        "next": value,
    }
    body = "&".join(f"{name}={quote_from_bytes(text.encode(), safe='')}" for name, text in fields.items()).encode()
    head = b"POST /login HTTP/1.1\r\n@host\r\nCookie: " + cookie_of(form)
    head += b"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d" % len(body)
    answer = one(site.send(head + b"\r\nConnection: close\r\n\r\n", body))
    assert answer.status == 303, answer
    location = answer.headers["location"]
    assert SAFE_PATH.fullmatch(location), value
    assert location in (value, "/account")


def field(page: bytes, name: str) -> str:
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', page.decode())
    assert tag is not None
    value = re.search(r'value="([^"]*)"', tag[0])
    return unescape(value[1]) if value else ""


# Address ids.

SEGMENTS = st.lists(
    st.sampled_from(
        [
            *[b"..", b".", b"%2e", b"%2E%2e", b"/", b"%2f", b"%5c", b"\\", b";", b"?", b"%3f", b"%23", b"%00", b"%ff"],
            *[b"a1", b"tags", b"me", b"~", b"-", b"_", b"%c3%a9", b"%250a", b"%0d%0a", b"%zz", b"%", b"*", b"x" * 40],
        ]
    ),
    min_size=1,
    max_size=6,
).map(b"".join)


@given(segment=SEGMENTS, verb=st.sampled_from([b"GET", b"DELETE"]))
@often
def test_no_address_id_reaches_another_path_upstream(site: Site, segment: bytes, verb: bytes) -> None:
    site.sandbox.recorder.clear()
    target = b"/api/me/addresses/" + segment
    answer = one(site.send(verb + b" " + target + b" HTTP/1.1\r\n@host\r\n@me\r\nConnection: close\r\n\r\n"))
    assert answer.status in (400, 404, 405), target
    assert json.loads(answer.body)["status"] == answer.status
    asked = [(call.method, call.target) for call in site.sandbox.recorder]
    assert all(method == verb.decode() and ADDRESS_TARGET.fullmatch(path) for method, path in asked), asked


# Forwarded headers.

FORWARDED = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *[b"X-Forwarded-For", b"X-Forwarded-Proto", b"X-Forwarded-Host", b"X-Forwarded-Port"],
                *[b"X-Forwarded-Prefix", b"X-Forwarded-Ssl", b"X-Forwarded-Protocol", b"Forwarded", b"X-Real-IP"],
                *[b"X_Forwarded_Host", b"X-Original-URL", b"X-Rewrite-URL", b"X-Forwarded-Uri", b"Script-Name"],
            ]
        ),
        st.sampled_from(
            [
                *[b"evil.example", b"https", b"http", b"on", b"ssl", b"203.0.113.7", b"203.0.113.7, 198.51.100.1"],
                *[b"for=203.0.113.7;host=evil.example;proto=https", b"/evil", b"443", b"", b",", b"\xff", b"unknown"],
            ]
        ),
    ),
    min_size=1,
    max_size=5,
)
PATHS = st.sampled_from([b"/account", b"/login", b"/api/session", b"/api/me", b"/nothing", b"/login/social"])
VARYING = ("x-request-id", "date", "content-length")
TOKENS = re.compile(rb'"[A-Za-z0-9._-]{60,}"|"[A-Za-z0-9_-]{22}"|[0-9a-f]{16}')
"""CSRF tokens, keys of forms, request ids."""


@given(path=PATHS, forwarded=FORWARDED)
@often
def test_undeclared_forwarded_header_changes_nothing(
    site: Site, path: bytes, forwarded: list[tuple[bytes, bytes]]
) -> None:
    head = b"GET " + path + b" HTTP/1.1\r\n@host\r\nCookie: " + NAME + b"=" + DEAD + b"\r\nConnection: close\r\n"
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in forwarded)
    plain = one(site.send(head + b"\r\n"))
    spoofed = one(site.send(head + lines + b"\r\n"))
    assert seen(spoofed) == seen(plain), lines


def seen(answer: Answer) -> tuple[int, dict[str, str], tuple[str, ...], bytes]:
    headers = {name: value for name, value in answer.headers.items() if name not in VARYING}
    return answer.status, headers, answer.set_cookies, TOKENS.sub(b"", answer.body)


@given(noise=st.binary(max_size=300))
@often
def test_bytes_that_are_no_request_are_refused_and_the_server_lives(site: Site, noise: bytes) -> None:
    for answer in answers(site.server.send(noise)):
        assert answer.status >= 400
        assert answer.set_cookies == ()
        assert b"Traceback" not in answer.body
    assert site.server.ask(b"GET /healthz HTTP/1.1").status == 200
