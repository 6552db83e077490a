"""What the audit asked the running application for, and what it answered; `bff.audit.probe` does the asking."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

ELSEWHERE: Final = "https://elsewhere.example"
SAFE: Final = frozenset({"GET", "HEAD"})
HOSTILE_TARGETS: Final = (
    "//elsewhere.example",
    "/\\elsewhere.example",
    "\\\\elsewhere.example",
    "///elsewhere.example",
    "/ /elsewhere.example",
    "/\t/elsewhere.example",
    "/%09/elsewhere.example",
    "/%5celsewhere.example",
    "/.//elsewhere.example",
    "/..//elsewhere.example",
    "/x/..//elsewhere.example",
    "https:elsewhere.example",
    "https:///elsewhere.example",
    "https://elsewhere.example/",
    "@elsewhere.example",
    "/;@elsewhere.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "%2f%2felsewhere.example",
    "//elsewhere.example%00",
    "/account?next=//elsewhere.example",
    "/account#//elsewhere.example",
    "/" + "a" * 10_000,
)
"""Targets that browsers have taken for another site; none of them is a path of ours."""


class Asked(Enum):
    """What a request was sent to find out."""

    READ = "read"
    """A newcomer's GET, without a cookie."""
    READ_CROSS_SITE = "read from another site"
    READ_UNKNOWN_COOKIE = "read with an unknown cookie"
    """A view that reads its session finds no store, and answers 503."""
    READ_MALFORMED_COOKIE = "read with a malformed cookie"
    LED_ELSEWHERE = "page that is asked to lead to another site"
    BARE = "write without cookie and token"
    FORGED_TOKEN = "write with the token of another browser"  # nosec B105 # noqa: S105 - words, no password
    FOREIGN_ORIGIN = "write with a good token from another origin"
    TOKEN_IN_URL = "write with a good token in the URL"  # nosec B105 # noqa: S105 - words, no password
    FETCHED_ELSEWHERE = "write with a good token, fetched by another site"
    FORM_BODY = "JSON route with a body that a form can send"
    TOO_LARGE = "body that is too large"
    UNLISTED_METHOD = "method that the route does not list"
    PREFLIGHT = "preflight"
    OVERRIDE = "method override"
    FOREIGN_HOST = "another host"
    FORWARDED_HOST = "another host, forwarded by no declared proxy"
    TWO_COOKIES = "two session cookies"
    DOUBLED_SLASH = "path with a doubled slash"
    NOTHING_THERE = "path that leads nowhere"
    HOSTILE_TARGET = "sign-in page with a hostile `next`"
    ROTATION = "answer that replaces the cookie"
    """Made in the program itself: without a store no request replaces a cookie."""
    CRASH = "unforeseen error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One request and its answer."""

    asked: Asked
    method: str
    path: str
    rule: str | None
    """The rule of the URL map that was aimed at; None where there is none."""
    status: int
    headers: tuple[tuple[str, str], ...]
    mimetype: str
    body: str

    def header(self, name: str) -> str | None:
        """Return a header's value; None where it is missing, or there more than once."""
        found = self.all_of(name)
        return found[0] if len(found) == 1 else None

    def all_of(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for known, value in self.headers if known.lower() == name.lower()]

    def __str__(self) -> str:
        return f"{self.method} {self.path[:60]} ({self.asked.value}): {self.status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """What a form page gave to a browser without a cookie."""

    cookie: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAddress:
    """The address that a request came from behind the declared proxies, and the one that the application took."""

    right: str
    taken: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """Everything that was asked, in the order it was."""

    answers: tuple[Probe, ...]
    newcomers: tuple[Newcomer, ...]
    cookies_sent: frozenset[str] = frozenset()
    """Values that went out in `Cookie`: none of them may come back."""
    addresses: tuple[SeenAddress, ...] = ()

    def of(self, *asked: Asked) -> tuple[Probe, ...]:
        """Return the answers to some kinds of requests."""
        return tuple(answer for answer in self.answers if answer.asked in asked)
