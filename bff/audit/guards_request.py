"""The guards against requests from other sites, judged by what the application answered to such requests.

They cannot see an origin, a parameter or a header that one view treats specially and no probe sends, nor what a view
does with a request that it accepts. An undeclared view is a finding for that reason alone (`ROUTES_ARE_DECLARED`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from bff.audit.checking import Check, every
from bff.audit.probed import HOSTILE_TARGETS, Asked, Probe, Probed
from bff.audit.requirement import Guard
from bff.audit.routes import UNDECLARED, audited_routes
from bff.factory import Bff
from bff.operations.model import Feature
from bff.web.api.routes import api_routes
from bff.web.paths import ACCOUNT, BACKCHANNEL_LOGOUT, HOME, SHOP, is_api
from bff.web.return_path import is_plain_path, safe_return_path

_CORS: Final = "access-control-"


def _switched_off(app: Bff) -> frozenset[tuple[str, str]]:
    """Return method and rule of what an operator has switched off: it answers 404 before anything is checked."""
    features = app.services.settings.features
    off = {
        feature
        for feature, on in (
            (Feature.ACCOUNT_DELETION, features.account_deletion),
            (Feature.ADD_LOGIN, features.add_login),
        )
        if not on
    }
    return frozenset(
        (entry.route.method, entry.route.path)
        for entry in api_routes(app.services.operations)
        if entry.operation.feature in off
    )


def _guarded(probed: Probed, app: Bff, *asked: Asked) -> Iterator[Probe]:
    off = _switched_off(app)
    for answer in probed.of(*asked):
        if answer.rule != BACKCHANNEL_LOGOUT and (answer.method, answer.rule) not in off:
            yield answer


def _token_checked(probed: Probed, app: Bff) -> str | None:
    if not probed.newcomers:
        return "no form page gave a newcomer a cookie and a token"
    return every(
        _guarded(probed, app, Asked.BARE, Asked.FORGED_TOKEN, Asked.TOKEN_IN_URL),
        _is_403,
        "taken without this browser's CSRF token in its place",
    )


def _origin_checked(probed: Probed, app: Bff) -> str | None:
    return every(
        _guarded(probed, app, Asked.FOREIGN_ORIGIN, Asked.FETCHED_ELSEWHERE), _is_403, "taken from another origin"
    )


def _is_403(answer: Probe) -> bool:
    return answer.status == 403


def _cross_site_reads(probed: Probed, app: Bff) -> str | None:
    off = _switched_off(app)
    reads = (
        answer
        for answer in probed.of(Asked.READ_CROSS_SITE)
        if is_api(answer.path) and (answer.method, answer.rule) not in off
    )
    return every(reads, _is_403, "read by another site")


def _reads_change_nothing(probed: Probed, app: Bff) -> str | None:
    for entry in api_routes(app.services.operations):
        if entry.route.method == "GET" and entry.operation.mutates:
            return f"GET {entry.route.path} leads to {entry.operation.name}, which changes something"
    return None


def _json_only(probed: Probed, app: Bff) -> str | None:
    return every(_guarded(probed, app, Asked.FORM_BODY), lambda answer: answer.status == 415, "a form's body was read")


def _no_cors(probed: Probed, app: Bff) -> str | None:
    return every(
        probed.answers,
        lambda answer: not any(name.lower().startswith(_CORS) for name, _ in answer.headers),
        "a CORS header was sent",
    )


def _unlisted(probed: Probed, app: Bff) -> str | None:
    return every(
        probed.of(Asked.UNLISTED_METHOD, Asked.PREFLIGHT), lambda answer: answer.status == 405, "a method was taken"
    )


def _override(probed: Probed, app: Bff) -> str | None:
    return every(probed.of(Asked.OVERRIDE), lambda answer: answer.status == 405, "a method was overridden")


def _host(probed: Probed, app: Bff) -> str | None:
    return every(probed.of(Asked.FOREIGN_HOST), lambda answer: answer.status == 400, "another host was served")


def _forwarded(probed: Probed, app: Bff) -> str | None:
    for address in probed.addresses:
        if address.taken != address.right:
            return f"a request by way of the declared proxies is taken to come from {address.taken}"
    usual = {answer.path: answer.status for answer in probed.of(Asked.READ)}
    return every(
        probed.of(Asked.FORWARDED_HOST),
        lambda answer: answer.status == usual.get(answer.path) and "elsewhere.example" not in answer.body,
        "a forwarded host was believed",
    )


def _return_path(probed: Probed, app: Bff) -> str | None:
    added = app.services.settings.serving.return_paths
    for target in HOSTILE_TARGETS:
        if safe_return_path(target, "/", added=added) != "/":
            return f"{target[:40]!r} is taken for a path of ours"
    for rule in (rule.rule for rule in app.url_map.iter_rules() if not rule.arguments):
        led_to = safe_return_path(rule, "", added=added)
        if led_to and led_to not in (HOME, SHOP) and f"{led_to}/".partition(f"{ACCOUNT}/")[0]:
            return f"a sign-in may lead to {rule}"
    return every(
        probed.of(Asked.HOSTILE_TARGET),
        lambda answer: "elsewhere.example" not in answer.body and "javascript:" not in answer.body,
        "the sign-in page carries a hostile target on",
    )


def _redirects(probed: Probed, app: Bff) -> str | None:
    social = app.services.settings.social
    ours = [app.services.settings.serving.public_url]
    if social is not None:
        parts = urlsplit(social.issuer)
        ours.append(f"{parts.scheme}://{parts.netloc}")

    def stays(answer: Probe) -> bool:
        return all(
            is_plain_path(target.partition("?")[0]) or any(target.startswith(f"{origin}/") for origin in ours)
            for target in answer.all_of("Location")
        )

    return every(probed.answers, stays, "a redirect leads to another site")


def _one_spelling(probed: Probed, app: Bff) -> str | None:
    return every(probed.of(Asked.DOUBLED_SLASH), lambda answer: answer.status == 404, "a doubled slash leads on")


def _declared(probed: Probed, app: Bff) -> str | None:
    unknown = [route for route in audited_routes(app, probed) if route.operations == UNDECLARED]
    return f"{unknown[0].method} {unknown[0].rule} does not declare what it does" if unknown else None


def _capped(probed: Probed, app: Bff) -> str | None:
    return every(_guarded(probed, app, Asked.TOO_LARGE), lambda answer: answer.status == 413, "no limit to a body")


CHECKS: Final[Mapping[Guard, Check]] = MappingProxyType(
    {
        Guard.CSRF_TOKEN_CHECKED: _token_checked,
        Guard.ORIGIN_CHECKED: _origin_checked,
        Guard.CROSS_SITE_READS_REFUSED: _cross_site_reads,
        Guard.ROUTES_ARE_DECLARED: _declared,
        Guard.READS_CHANGE_NOTHING: _reads_change_nothing,
        Guard.JSON_ONLY_BODIES: _json_only,
        Guard.NO_CORS: _no_cors,
        Guard.NO_UNLISTED_METHODS: _unlisted,
        Guard.NO_METHOD_OVERRIDE: _override,
        Guard.HOST_CHECKED: _host,
        Guard.FORWARDED_HEADERS_CHECKED: _forwarded,
        Guard.SAFE_RETURN_PATH: _return_path,
        Guard.REDIRECTS_STAY_HERE: _redirects,
        Guard.ONE_SPELLING_PER_PATH: _one_spelling,
        Guard.BODIES_ARE_CAPPED: _capped,
    }
)
