"""The guards that stand in headers and pages, judged over every answer to the probes.

Pages of a signed-in customer are not among them; tests drive those (`tests/web/middleware/test_headers.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from bff.audit.checking import Check, every
from bff.audit.probed import Probe, Probed
from bff.audit.requirement import Guard
from bff.factory import Bff
from bff.web.paths import API_DOCS, is_api, is_static

_YEAR_SECONDS: Final = 31536000
_QUIET_REFERRERS: Final = frozenset({"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"})
_SHUT: Final = frozenset({"camera=()", "microphone=()", "geolocation=()", "payment=()"})
_LOADING: Final = re.compile(
    r"<(?:script|link|img|iframe|source|embed|object)\b[^>]*?\b(?:src|href|data)\s*=\s*[\"']?([^\"'\s>]*)",
    re.IGNORECASE,
)
_INLINE_SCRIPT: Final = re.compile(
    r"<script\b(?![^>]*\bsrc\s*=)|<[^>]+[\s/\"']on[a-z]+\s*=|\bjavascript:", re.IGNORECASE
)


def policy_of(answer: Probe) -> Mapping[str, list[str]]:
    """Return the content security policy's directives; none where there is no policy, or more than one."""
    policy = answer.header("Content-Security-Policy") or ""
    split = (directive.split() for directive in policy.split(";"))
    return {name.lower(): sources for name, *sources in (parts for parts in split if parts)}


def _csp(probed: Probed, app: Bff) -> str | None:
    social = app.services.settings.social
    issuer = urlsplit(social.issuer) if social is not None else None
    form_targets = {"'self'", "'none'"} | ({f"{issuer.scheme}://{issuer.netloc}"} if issuer is not None else set())

    def good(answer: Probe) -> bool:
        policy = policy_of(answer)
        if policy.get("default-src") != ["'none'"] or policy.get("base-uri") != ["'none'"]:
            return False
        if (
            policy.get("object-src", ["'none'"]) != ["'none'"]
            or not set(policy.get("form-action", ["*"])) <= form_targets
        ):
            return False
        return all(set(sources) <= {"'self'", "'none'"} for name, sources in policy.items() if name != "form-action")

    return every(probed.answers, good, "no Content-Security-Policy, or one with holes")


def _framing(probed: Probed, app: Bff) -> str | None:
    return every(
        probed.answers,
        lambda answer: (
            policy_of(answer).get("frame-ancestors") == ["'none'"] and answer.header("X-Frame-Options") == "DENY"
        ),
        "may be framed",
    )


def _hsts(probed: Probed, app: Bff) -> str | None:
    def good(answer: Probe) -> bool:
        sent = answer.header("Strict-Transport-Security") or ""
        seconds = re.search(r"max-age=(\d+)", sent)
        return seconds is not None and int(seconds[1]) >= _YEAR_SECONDS and "includeSubDomains" in sent

    return every(probed.answers, good, "no Strict-Transport-Security of a year with subdomains")


def _has(name: str, value: str) -> Check:
    return lambda probed, app: every(probed.answers, lambda answer: answer.header(name) == value, f"no {name}: {value}")


def _referrer(probed: Probed, app: Bff) -> str | None:
    return every(
        probed.answers, lambda answer: answer.header("Referrer-Policy") in _QUIET_REFERRERS, "paths are told to others"
    )


def _permissions(probed: Probed, app: Bff) -> str | None:
    return every(
        probed.answers,
        lambda answer: set((answer.header("Permissions-Policy") or "").split(", ")) >= _SHUT,
        "camera, microphone, geolocation or payment is open",
    )


def _no_store(probed: Probed, app: Bff) -> str | None:
    def good(answer: Probe) -> bool:
        is_file = is_static(answer.path) and answer.status in (200, 206, 304)
        return is_file or answer.header("Cache-Control") == "no-store"

    return every(probed.answers, good, "may be kept")


def _inert(probed: Probed, app: Bff) -> str | None:
    def good(answer: Probe) -> bool:
        # The one page among the JSON routes.
        is_page = answer.path == API_DOCS and answer.mimetype == "text/html"
        if is_api(answer.path) and answer.body and not is_page and not _is_plain_json(answer):
            return False
        if answer.mimetype == "text/html":
            return True
        return (
            policy_of(answer).get("default-src") == ["'none'"] and answer.header("X-Content-Type-Options") == "nosniff"
        )

    return every(probed.answers, good, "could be opened as a document, or run as a script")


def _is_plain_json(answer: Probe) -> bool:
    return answer.mimetype == "application/json" and answer.body[:1] in ("{", "[")


def _from_here(probed: Probed, app: Bff) -> str | None:
    def good(answer: Probe) -> bool:
        loaded = _LOADING.findall(answer.body)
        ours = all(target.startswith("/") and not target.startswith("//") for target in loaded)
        return ours and _INLINE_SCRIPT.search(answer.body) is None

    pages = (answer for answer in probed.answers if answer.mimetype == "text/html")
    return every(pages, good, "something from another host, or an inline script")


CHECKS: Final[Mapping[Guard, Check]] = MappingProxyType(
    {
        Guard.CSP_ON_EVERY_ANSWER: _csp,
        Guard.FRAME_ANCESTORS: _framing,
        Guard.HSTS: _hsts,
        Guard.NOSNIFF: _has("X-Content-Type-Options", "nosniff"),
        Guard.REFERRER_POLICY: _referrer,
        Guard.COOP: _has("Cross-Origin-Opener-Policy", "same-origin"),
        Guard.CORP: _has("Cross-Origin-Resource-Policy", "same-origin"),
        Guard.PERMISSIONS_POLICY: _permissions,
        Guard.NO_STORE: _no_store,
        Guard.JSON_IS_INERT: _inert,
        Guard.NOTHING_FROM_ELSEWHERE: _from_here,
    }
)
