"""The heaviest requests that a client may send: bodies just under 64 KiB, and headers as long as the server takes them.

Each is made to hit on what grows faster than its input: patterns that go back, lists searched for each of another
list, secrets looked for in every text, values read again at each level.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic.alias_generators import to_camel

from bff.operations.declared import MAX_BODY_BYTES
from bff.operations.model import Operation, Route
from bff.sandbox.faults import CannedResponse
from tests.support.driven_routes import READING, UNSAFE, Drive
from tests.support.shop import Browser

ROOM: Final = MAX_BODY_BYTES - 2048
"""What is left for the heavy part, beside what makes the rest of a request a good one."""
_WORDS: Final = "12345678"
REFUSED: Final = CannedResponse(
    status=400,
    headers={"Content-Type": "application/json"},
    body=json.dumps(
        {
            "status": 400,
            "type": "validation_violation",
            "message": f"Refused {_WORDS * 10}",
            "details": [{"field": f"f{n}", "type": "x_y", "message": _WORDS * 40} for n in range(8)],
        }
    ).encode(),
)
"""How upstream refuses: eight details, as in real refusals of a body with several mistakes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heavy:
    """One request."""

    name: str
    method: str
    path: str
    body: bytes | None = None
    media_type: str | None = None
    headers: Mapping[str, str] | None = None
    by_page: bool = False

    def sent_by(self, browser: Browser, csrf: str) -> int:
        """Send it and return the status."""
        body, headers = self.body, {**(self.headers or {})}
        if self.by_page and body is not None and self.media_type == FORM:
            body = b"csrf_token=" + csrf.encode() + b"&" + body
        elif self.method != "GET":
            headers["X-CSRF-Token"] = csrf
        return browser.client.open(
            self.path,
            method=self.method,
            base_url=browser.base_url,
            data=body,
            content_type=self.media_type,
            headers=headers,
            buffered=True,
        ).status_code


JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"


# What a text may be made of, so that a careless pattern goes back over it again and again.
TEXTS: Final[Mapping[str, Callable[[int], str]]] = {
    "dots": lambda size: "a@" + ".a" * ((size - 3) // 2) + "@",
    "ats": lambda size: "@" * size,
    "commas": lambda size: "a," * (size // 2),
    "tags": lambda size: ",".join(f"{n:x}" for n in range(size // 6)),
    "blanks": lambda size: "a" + " " * (size - 2) + "a",
    "percents": lambda size: "%" * size,
    "codes": lambda size: "ab" + "_abc" * (size // 4 - 1) + "!",
}


def json_bodies(route: Route, good: Any) -> Iterator[tuple[str, bytes]]:
    """Give heavy bodies for a JSON route; `good` is one that it takes."""
    start = good if isinstance(good, dict) else {}

    def with_(**more: Any) -> bytes:
        return json.dumps({**start, **more}, separators=(",", ":")).encode()

    for place in ("mixins", "customerDetails", "customerAddress"):
        if route.body is not None and place in map(to_camel, route.body.model_fields):
            yield f"secrets in {place}", with_(**{place: SECRETS if place == "mixins" else {"mixins": SECRETS}})
    yield "unknown properties", with_(**{f"u{number}": 0 for number in range(ROOM // 10)})
    yield "twice", b'{"a":0,' + b",".join(b'"b":0' for _ in range(ROOM // 6)) + b"}"
    yield "deep and wide", b'{"mixins":' + b"[" * 29 + b",".join([b'""'] * (ROOM // 3)) + b"]" * 29 + b"}"
    yield "brackets", b"[" * ROOM
    yield "open strings", b'{"a":"' + b'\\"' * (ROOM // 2)
    yield "escapes", b'{"a":"' + b"\\u0041" * (ROOM // 6) + b'"}'
    yield "digits", b'{"a":' + b"9" * ROOM + b"}"
    yield "blanks", b" " * ROOM
    yield "lines", b"\n" * ROOM + b"x"
    yield "tags", with_(tags=["a"] * (ROOM // 4))
    if route.body is not None:
        for field in route.body.model_fields.values():
            for kind, text in (("dots", TEXTS["dots"]), ("percents", TEXTS["percents"])):
                yield f"{field.alias}: {kind}", with_(**{str(field.alias): text(ROOM)})


SECRETS: Final = {f"p{number}": {"token": f"{number:08d}"} for number in range(ROOM // 32)}
"""As many objects with a secret's name as fit."""


def form_bodies(good: Mapping[str, str], fields: tuple[str, ...]) -> Iterator[tuple[str, bytes, str]]:
    """Give heavy bodies for a page's form: one huge text for each field, and many fields."""

    def encoded(entries: Mapping[str, str]) -> bytes:
        return "&".join(f"{name}={_quoted(text)}" for name, text in entries.items()).encode()

    for field in fields:
        for kind, text in TEXTS.items():
            yield f"{field}: {kind}", encoded({**good, field: text(ROOM)}), FORM
    yield (
        "tags: tags, before: tags",
        encoded({**good, "tags": TEXTS["tags"](1900), "before": TEXTS["tags"](ROOM - 2000).replace(",", ",z")}),
        FORM,
    )
    yield "many fields", encoded(good) + b"&" + b"&".join(b"f%d=" % n for n in range(ROOM // 9)), FORM
    yield "one field often", encoded(good) + b"&tags=" * (ROOM // 6), FORM
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    yield "parts", part * (ROOM // len(part)) + b"--b--\r\n", "multipart/form-data; boundary=b"
    yield "dashes", b"--b\r\n" + b"\r\n-" * (ROOM // 3), "multipart/form-data; boundary=b"


def _quoted(text: str) -> str:
    return text.replace("%", "%25").replace("&", "%26").replace("+", "%2B").replace("=", "%3D")[:ROOM]


HEADERS: Final[Mapping[str, Mapping[str, str]]] = {
    "languages": {"Accept-Language": "a," * 400_000},
    "qualities": {"Accept-Language": "a;q=0.1," * 100_000},
    "cookies": {"Cookie": "a=b;" * 200_000},
    "commas in cookies": {"Cookie": "bff-session=" + ",bff-session" * 60_000},
    "agent": {"User-Agent": "Mozilla/5.0 (" * 60_000},
    "forwarded": {"X-Forwarded-For": "1," * 400_000, "X-Forwarded-Host": "a," * 100_000},
    "tags": {"If-Match": '"1",' * 200_000, "If-None-Match": '"a",' * 200_000},
    "type": {"Content-Type": "application/json" + ';a="\\"' * 1_000},
    "ranges": {"Range": "bytes=" + "0-1," * 100_000},
    "origin": {"Origin": "http://" + "[" * 400_000, "Referer": "http://" + "a" * 400_000},
    "encodings": {"Accept-Encoding": "gzip;q=0.1," * 80_000, "Accept": "a/b;q=0.1," * 80_000},
}
"""As long as a hundred header lines, which the server takes, may make them."""


def heavy_requests(operations: Mapping[str, Operation], fields_of: Callable[[str], tuple[str, ...]]) -> Iterator[Heavy]:
    """Give every heavy request to every route; `fields_of` names the fields of a page's form, by its rule."""
    routes = {(route.method, route.path): route for row in operations.values() for route in row.routes}
    for (method, rule), drive in UNSAFE.items():
        yield from _unsafe(method, rule, drive, routes.get((method, rule)), fields_of)
    query = "&".join(f"q{number}=" for number in range(900))
    for rule, path in READING.items():
        yield Heavy(name=f"GET {rule} query", method="GET", path=f"{path}{'&' if '?' in path else '?'}{query}")
        yield Heavy(name=f"GET {rule} path", method="GET", path=path.replace("x", "%2e" * 2000))
        for kind, headers in HEADERS.items():
            yield Heavy(name=f"GET {rule} {kind}", method="GET", path=path, headers=headers)


def _unsafe(
    method: str, rule: str, drive: Drive, route: Route | None, fields_of: Callable[[str], tuple[str, ...]]
) -> Iterator[Heavy]:
    if drive.form is not None:
        for kind, body, media_type in form_bodies(drive.form, fields_of(rule)):
            yield Heavy(
                name=f"{method} {rule} {kind}",
                method=method,
                path=drive.path,
                body=body,
                media_type=media_type,
                by_page=True,
            )
        return
    for kind, body in json_bodies(route or Route(method=method, path=rule), drive.json):
        yield Heavy(
            name=f"{method} {rule} {kind}", method=method, path=drive.path, body=body[:MAX_BODY_BYTES], media_type=JSON
        )
