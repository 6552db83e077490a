"""What hostile clients send, generated from a declared row; each attempt says which answers are right.

Nothing of it may arrive upstream, unless it says so; then only as the row declares it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from tests.support.journeys.contract_shapes import TENANT
from tests.support.journeys.hostile_targets import Target
from tests.support.journeys.storefront_bench import BROWSER, CUSTOMER_ID, ORIGIN, Ask, Visitor

NOT_FOUND = frozenset({400, 404, 405})
BAD = frozenset({400})
FORBIDDEN = frozenset({403})
_NUL = b"\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request that must not do any harm."""

    name: str
    ask: Ask
    statuses: frozenset[int]
    arrives: bool = False
    """It is a request that the row admits, with something beside it that must stay behind."""
    by: Visitor | None = None
    """None: anybody who may ask for the row."""


_SEGMENTS = (
    *(".", "..", "%2e", "%2e%2e", "%252e%252e", ".%2e", "..%2f..", "%2F", "a%2Fb", "a%2F..%2Fb", "a%5Cb", "%5c..%5c"),
    *("a;b", "a%3Bb", ";jsessionid=1", "a%00", "%0d%0aX-Odd:%201", "a%0ab", "a%20b", "%20", "a%3Fx=1", "a%23b", "*"),
    *("%C3%BC", "%EF%BC%8E%EF%BC%8E", "%E2%80%A8", "%ff", "%c0%af", "a%26b", "a%3Db", "%7Btenant%7D", "a%40b", "a:b@c"),
    *("%25", "x" * 129, "x" * 9000),
)
_NAMES = ("undeclared", "tenant", "access_token", "token", "bearer", "__proto__", "client_id", "%00", "a[]", "")
_SESSION = ("customerId", "customerNumber", "sessionId", "legalEntityId", "session_id", "hybris-tenant", "userId")
_VALUES = ("a\r\nX-Odd: 1", "a\0", "\ud7ff" * 3000, "x" * 10_000, "\x7f", "a\x85b", "\t")


def odd_paths(target: Target) -> Iterator[Attempt]:
    """Values in the path that lead elsewhere where anybody decodes, splits or tidies them up."""
    for one in target.of_path:
        for segment in _SEGMENTS:
            ask = target.ask(path=target.path(**{one.name: segment}))
            yield Attempt(name=f"{one.name}={segment[:40]}", ask=ask, statuses=NOT_FOUND)
    path = target.path()
    for name, odd in {
        "slash at the end": path + "/",
        "two slashes": path.replace("/api/", "/api//", 1),
        "a dot": path.replace("/api/", "/api/./", 1),
        "up and down": path.replace("/api/", "/api/x/../", 1),
        "encoded up": path.replace("/api/", "/api/x/%2e%2e/", 1),
        "matrix": path + ";x=1",
        "behind": path + "/" + "undeclared",
        "the tenant": target.row.path.replace("{tenant}", TENANT).replace("{", "").replace("}", ""),
        "the tenant under our prefix": "/api" + target.row.path.replace("{tenant}", TENANT).replace("{", "x"),
        "another tenant": "/api" + target.row.path.replace("{tenant}", "othershop").replace("{", "x"),
    }.items():
        if target.leads_somewhere(target.verb, odd):
            # It is the path of another row, or of this one where there is no tenant in it.
            continue
        yield Attempt(name=name, ask=target.ask(path=odd), statuses=NOT_FOUND)


def odd_queries(target: Target) -> Iterator[Attempt]:
    """Names that nobody declared, that only the session supplies, or that come twice; values that cannot be."""
    declared = {one.name: one for one in target.of_query}
    for name in (*_NAMES, *_SESSION):
        if name not in declared:
            yield Attempt(name=f"?{name}=", ask=target.ask(query=(*target.query, (name, CUSTOMER_ID))), statuses=BAD)
    for name, one in declared.items():
        rest = tuple(pair for pair in target.query if pair[0] != name)
        many = [(name, "true")] * (one.most_values + 1)
        yield Attempt(name=f"{name} too often", ask=target.ask(query=(*rest, *many)), statuses=BAD)
        yield Attempt(name=f"{name.upper()}x", ask=target.ask(query=(*target.query, (name + "x", "1"))), statuses=BAD)
        for value in _VALUES:
            ask = target.ask(query=(*rest, (name, value)))
            yield Attempt(name=f"{name}={value[:20]!r}", ask=ask, statuses=BAD)
    if target.query:
        ask = target.ask(query=(), path=target.path() + "?" + "&".join(f"{n}={quote(v)}" for n, v in target.query) * 2)
        yield Attempt(name="everything twice, in one piece", ask=ask, statuses=BAD)


def odd_headers(target: Target) -> Iterator[Attempt]:
    """Headers that must stay behind; the request itself is a good one."""
    right = frozenset({min(target.row.success)})
    yield Attempt(name="as it should be", ask=target.ask(), statuses=right, arrives=True)
    more: Mapping[str, str] = {
        "If-None-Match": f'"{BROWSER}"',
        "If-Modified-Since": BROWSER,
        "Prefer": BROWSER,
        "X-Original-URL": f"/{BROWSER}",
        "X-Rewrite-URL": f"/{BROWSER}",
        "X-Forwarded-Prefix": f"/{BROWSER}",
        "X-Real-IP": BROWSER,
        "Proxy-Authorization": BROWSER,
        "X-Api-Key": BROWSER,
        "hybris-tenant": BROWSER,
        "hybris-user": BROWSER,
        "tracestate": f"x={BROWSER}",
        "Via": BROWSER,
        "Connection": "close, Authorization, saas-token",
        "TE": "trailers",
        "Upgrade": "h2c",
    }
    yield Attempt(name="headers", ask=target.ask(headers=more), statuses=right, arrives=True)
    for language in ("*", "de\u00fc", "x" * 201, "de,(", f'de;{BROWSER}"', "", "en-" + "a-" * 300):
        ask = target.ask(headers={"Accept-Language": language})
        yield Attempt(name=f"language {language[:20]}", ask=ask, statuses=right, arrives=True)


def other_verbs(target: Target) -> Iterator[Attempt]:
    """Every verb but those that some row declares under the same path."""
    for verb in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "FOO"):
        if not target.leads_somewhere(verb, target.path()):
            yield Attempt(name=verb, ask=target.ask(verb=verb), statuses=frozenset({405}))


def odd_bodies(target: Target) -> Iterator[Attempt]:
    """Bodies of another type, too large, or that two parsers could read differently."""
    if target.body is None:
        ask = target.ask(body=b'{"undeclared": 1}')
        yield Attempt(name="a body where none is", ask=ask, statuses=frozenset({400, 415}))
        return
    for media_type in (
        *("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"),
        *("application/json-patch+json", "application/jsonx", "application/json; charset=utf-16", "*/*", "", "a"),
    ):
        ask = target.ask(media_type=media_type)
        yield Attempt(name=f"type {media_type!r}", ask=ask, statuses=frozenset({415}))
    most = target.row.free_body.max_bytes
    large = b'{"a":"' + b"x" * most + b'"}'
    yield Attempt(name="too large", ask=target.ask(body=large), statuses=frozenset({413}))
    for name, text in _texts(target.row.free_body.kind.value).items():
        yield Attempt(name=name, ask=target.ask(body=text), statuses=BAD)
    for name in sorted(target.row.free_body.forbids):
        escaped = f"\\u{ord(name[0]):04x}{name[1:]}"
        for label, spelt in {"plain": name, "escaped": escaped}.items():
            for depth in (0, 1, 20):
                inner = '{"x":[' * depth + f'{{"{spelt}": "{CUSTOMER_ID}"}}' + "]}" * depth
                sent = (f"[{inner}]" if target.row.free_body.kind.value == "array" else inner).encode()
                yield Attempt(name=f"{label} {name} at {depth}", ask=target.ask(body=sent), statuses=BAD)
    if target.row.free_body.site is not None:
        odd = json.dumps({target.row.free_body.site: "elsewhere"}).encode()
        yield Attempt(name="a site that may not be named", ask=target.ask(body=odd), statuses=BAD)


def _texts(kind: str) -> dict[str, bytes]:
    def wrapped(text: bytes) -> bytes:
        return b"[" + text + b"]" if kind == "array" else text

    others = {"a string": b'"text"', "a number": b"1", "null": b"null"}
    return {
        **({} if kind == "any" else others),
        "deep": wrapped(b'{"a":' * 40 + b"1" + b"}" * 40),
        "very deep": b"[" * 20_000,
        "twice": wrapped(b'{"siteCode": "main", "siteCode": "elsewhere"}'),
        "twice, escaped": wrapped(b'{"a": 1, "\\u0061": 2}'),
        "NaN": wrapped(b'{"a": NaN}'),
        "Infinity": wrapped(b'{"a": -Infinity}'),
        "long number": wrapped(b'{"a": ' + b"9" * 5000 + b"}"),
        "no UTF-8": wrapped(b'{"a": "\xff"}'),
        "UTF-16": '{"a": 1}'.encode("utf-16"),
        "mark": b"\xef\xbb\xbf" + wrapped(b"{}"),
        "half a character": wrapped(b'{"a": "\\ud800"}'),
        "comma": wrapped(b'{"a": 1,}'),
        "two": wrapped(b"{}") + wrapped(b"{}"),
        "comment": wrapped(b"{} // x"),
        "open": b'{"a": "',
        "NUL": _NUL,
        "space": b"   ",
    }


def from_elsewhere(target: Target) -> Iterator[Attempt]:
    """What other sites can make a browser send, and what comes without a token against forged requests."""
    for site in ("cross-site", "same-site"):
        ask = target.ask(headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"})
        yield Attempt(name=site, ask=ask, statuses=FORBIDDEN)
    if target.verb == "GET":
        return
    for name, headers in {
        "foreign origin": {"Origin": "https://evil.example"},
        "our name in front": {"Origin": ORIGIN + ".evil.example"},
        "another port": {"Origin": ORIGIN.replace("8000", "8001")},
        "another scheme": {"Origin": ORIGIN.replace("http:", "https:")},
        "wrong token": {"X-CSRF-Token": "A" * 43},
        "empty token": {"X-CSRF-Token": ""},
    }.items():
        ask = target.ask(headers=headers, csrf=False) if "token" in name else target.ask(headers=headers)
        yield Attempt(name=name, ask=ask, statuses=FORBIDDEN)
    yield Attempt(name="no token", ask=target.ask(csrf=False), statuses=FORBIDDEN)
    form = target.ask(csrf=False, body=b'{"a":"=b"}', media_type="text/plain")
    yield Attempt(name="a form's body", ask=form, statuses=FORBIDDEN)
    token = target.ask(csrf=False, path=target.path() + "?csrf_token=" + "A" * 43)
    yield Attempt(name="token in the query", ask=token, statuses=FORBIDDEN)


WAYS: Mapping[str, Callable[[Target], Iterator[Attempt]]] = {
    "odd paths": odd_paths,
    "odd queries": odd_queries,
    "odd headers": odd_headers,
    "other verbs": other_verbs,
    "odd bodies": odd_bodies,
    "from elsewhere": from_elsewhere,
}
