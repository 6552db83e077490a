"""Each guard, taken out of a running application, is missed by the audit; no other one is."""

from __future__ import annotations

import copy
import dataclasses
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pycurl
import pytest
from flask import Response, redirect, request
from werkzeug.exceptions import MethodNotAllowed

from bff.audit import guards_transport
from bff.audit.guards import CHECKS
from bff.audit.report import Report, audit
from bff.audit.requirement import Guard, Met
from bff.audit.requirements import REQUIREMENTS
from bff.audit.verdicts import RequirementStatus, judge
from bff.crypto import random_text
from bff.errors import CsrfFailed, Forbidden, InvalidInput, OriginRefused, PayloadTooLarge, UnsupportedMediaType
from bff.factory import Bff
from bff.operations.model import Exposure, Operation, Supplier
from bff.transport import Transport
from bff.web.session_interface import browser_session
from tests.support.audit.audit_parts import build, failed_in
from tests.support.audit.surgery import (
    forgiving,
    with_answer,
    with_cookie_line,
    with_header,
    with_row,
    with_view,
    with_wsgi,
)


def replacing(old: str, new: str) -> Callable[[str], str]:
    return lambda line: line.replace(old, new)


def no_token_check() -> Bff:
    return forgiving(lambda err: isinstance(err, CsrfFailed) and err.origin_is_ours)


def no_origin_check() -> Bff:
    return forgiving(of_kind(OriginRefused))


def about(field: str) -> Callable[[Exception], bool]:
    return lambda err: isinstance(err, InvalidInput) and err.details[0].field == field


def of_kind(kind: type[Exception]) -> Callable[[Exception], bool]:
    return lambda err: isinstance(err, kind)


def second_cookie(response: Response) -> Response:
    if response.mimetype == "text/html" and response.status_code == 200 and b"csrf_token" in response.get_data():
        line = "; Secure; HttpOnly; Path=/; SameSite=Lax"
        response.headers.add("Set-Cookie", "__Host-theme=" + "A" * 43 + line)
    return response


def sends_pages_away(response: Response) -> Response:
    if "Location" in response.headers:
        response.headers["Location"] = "https://elsewhere.example/"
    return response


def foreign_script(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.set_data(response.get_data() + b'<script src="https://cdn.example/x.js"></script>')
    return response


def takes_any_id(row: Operation) -> Operation:
    return dataclasses.replace(
        row,
        parameters=tuple(
            dataclasses.replace(parameter, pattern=".*") if parameter.name == "addressId" else parameter
            for parameter in row.parameters
        ),
    )


def passes_tokens_on(row: Operation) -> Operation:
    changed = copy.copy(row)
    # Made as every other row is, it would be refused at once.
    object.__setattr__(changed, "exposure", Exposure.JSON)
    return changed


def secret_from_url(row: Operation) -> Operation:
    parameters = (dataclasses.replace(one, supplier=Supplier.CLIENT) if one.secret else one for one in row.parameters)
    return dataclasses.replace(row, parameters=tuple(parameters))


def without(directive: str) -> Callable[[Response], Response]:
    def change(response: Response) -> Response:
        policy = response.headers["Content-Security-Policy"]
        response.headers["Content-Security-Policy"] = re.sub(rf"{directive}[^;]*(; )?", "", policy)
        return response

    return change


def inline_scripts(response: Response) -> Response:
    policy = response.headers["Content-Security-Policy"]
    policy = policy.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'")
    response.headers["Content-Security-Policy"] = policy
    return response


def replaced_without_http_only(line: str) -> str:
    return line.replace("; HttpOnly", "") if browser_session().session.new_cookie is not None else line


def crashes_without_hsts(response: Response) -> Response:
    if response.status_code == 500:
        response.headers.pop("Strict-Transport-Security")
    return response


def shows_cookies(response: Response) -> Response:
    if response.status_code == 503:
        response.headers["X-Debug"] = request.headers.get("Cookie", "")
    return response


def unquoted_script(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.set_data(response.get_data() + b"<SCRIPT SRC=https://cdn.example/x.js></SCRIPT>")
    return response


def gives_strangers_a_cookie(response: Response) -> Response:
    if request.path == "/logout" and "Cookie" in request.headers and response.status_code == 200:
        line = f"__Host-session={random_text()}; Secure; HttpOnly; Path=/; SameSite=Lax"
        response.headers.add("Set-Cookie", line)
    return response


def lookalike_origin(err: Exception) -> bool:
    ours = request.headers.get("Origin", "").startswith("https://shop.example.com")
    return isinstance(err, CsrfFailed) and not err.origin_is_ours and ours


def head_from_elsewhere(err: Exception) -> bool:
    return isinstance(err, Forbidden) and request.method == "HEAD"


def token_in_url(err: Exception) -> bool:
    return isinstance(err, CsrfFailed) and "csrf_token" in request.args


def first_address(environ: dict[str, str]) -> None:
    environ["HTTP_X_FORWARDED_FOR"] = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")[0]


def believing(environ: dict[str, str]) -> None:
    environ["REMOTE_ADDR"] = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")[0]


REMOVALS: dict[str, tuple[Callable[[], Bff], set[Guard]]] = {
    "HttpOnly": (lambda: with_cookie_line(replacing("; HttpOnly", "")), {Guard.COOKIE_HTTP_ONLY}),
    "Secure": (lambda: with_cookie_line(replacing("; Secure", "")), {Guard.COOKIE_SECURE}),
    "SameSite": (lambda: with_cookie_line(replacing("; SameSite=Lax", "; SameSite=None")), {Guard.COOKIE_SAME_SITE}),
    "Path": (lambda: with_cookie_line(replacing("Path=/", "Path=/account")), {Guard.COOKIE_PATH_AND_DOMAIN}),
    "no Domain": (
        lambda: with_cookie_line(lambda line: line + "; Domain=example.com"),
        {Guard.COOKIE_PATH_AND_DOMAIN},
    ),
    "no lifetime": (lambda: with_cookie_line(lambda line: line + "; Max-Age=9"), {Guard.COOKIE_HAS_NO_LIFETIME}),
    "one cookie": (
        lambda: with_answer(second_cookie),
        {Guard.ONE_COOKIE_ONLY, Guard.DEAD_COOKIE_IS_KEPT, Guard.NO_COOKIE_FOR_OTHER_SITES},
    ),
    "HttpOnly of a replaced cookie": (lambda: with_cookie_line(replaced_without_http_only), {Guard.COOKIE_HTTP_ONLY}),
    "cookies that come back": (lambda: with_answer(shows_cookies), {Guard.COOKIE_STAYS_IN_ITS_HEADER}),
    "unknown cookie": (lambda: with_answer(gives_strangers_a_cookie), {Guard.DEAD_COOKIE_IS_KEPT}),
    "CSRF token in its place": (lambda: forgiving(token_in_url), {Guard.CSRF_TOKEN_CHECKED}),
    "whole origin": (lambda: forgiving(lookalike_origin), {Guard.ORIGIN_CHECKED}),
    "heads from elsewhere": (lambda: forgiving(head_from_elsewhere), {Guard.CROSS_SITE_READS_REFUSED}),
    "HSTS of a crash": (lambda: with_answer(crashes_without_hsts), {Guard.HSTS}),
    "scripts in other spellings": (lambda: with_answer(unquoted_script), {Guard.NOTHING_FROM_ELSEWHERE}),
    "last address": (lambda: with_wsgi(first_address), {Guard.FORWARDED_HEADERS_CHECKED}),
    "no address without proxies": (
        lambda: with_wsgi(believing, BFF_TRUSTED_PROXIES="0"),
        {Guard.FORWARDED_HEADERS_CHECKED},
    ),
    "undeclared page": (lambda: with_view("/planted", lambda: ""), {Guard.ROUTES_ARE_DECLARED}),
    "undeclared JSON route": (lambda: with_view("/api/planted", lambda: "", "planted"), {Guard.ROUTES_ARE_DECLARED}),
    "page that leads elsewhere": (
        lambda: with_view("/planted", lambda: redirect(request.args.get("returnTo", "/"), 303)),
        {Guard.ROUTES_ARE_DECLARED, Guard.REDIRECTS_STAY_HERE},
    ),
    "devices": (
        lambda: with_view(None, lambda: ("[]", {"Content-Type": "application/json"}), "api_devices.devices"),
        {Guard.SIGNED_IN_OPERATIONS_NEED_A_CUSTOMER},
    ),
    "signed logout tokens": (
        lambda: with_view(None, lambda: ("", 200), "oidc.backchannel_logout"),
        {Guard.FORGED_LOGOUT_REFUSED},
    ),
    "CSRF token": (no_token_check, {Guard.CSRF_TOKEN_CHECKED}),
    "origin": (no_origin_check, {Guard.ORIGIN_CHECKED}),
    "cross-site reads": (lambda: forgiving(of_kind(Forbidden)), {Guard.CROSS_SITE_READS_REFUSED}),
    "host": (lambda: forgiving(about("Host")), {Guard.HOST_CHECKED}),
    "two cookies": (lambda: forgiving(about("Cookie")), {Guard.TWO_COOKIES_REFUSED}),
    "media type": (lambda: forgiving(of_kind(UnsupportedMediaType), answer=("", 204)), {Guard.JSON_ONLY_BODIES}),
    "size": (lambda: forgiving(of_kind(PayloadTooLarge), answer=("", 204)), {Guard.BODIES_ARE_CAPPED}),
    "methods": (
        lambda: forgiving(of_kind(MethodNotAllowed), answer=("", 204)),
        {Guard.NO_UNLISTED_METHODS, Guard.NO_METHOD_OVERRIDE},
    ),
    "CORS": (lambda: with_header("Access-Control-Allow-Origin", "*"), {Guard.NO_CORS}),
    "nosniff": (
        lambda: with_header("X-Content-Type-Options", None),
        {Guard.NOSNIFF, Guard.JSON_IS_INERT},
    ),
    "HSTS": (lambda: with_header("Strict-Transport-Security", "max-age=60"), {Guard.HSTS}),
    "referrers": (lambda: with_header("Referrer-Policy", "unsafe-url"), {Guard.REFERRER_POLICY}),
    "COOP": (lambda: with_header("Cross-Origin-Opener-Policy", None), {Guard.COOP}),
    "CORP": (lambda: with_header("Cross-Origin-Resource-Policy", "cross-origin"), {Guard.CORP}),
    "permissions": (lambda: with_header("Permissions-Policy", "camera=*"), {Guard.PERMISSIONS_POLICY}),
    "caching": (lambda: with_header("Cache-Control", "max-age=60"), {Guard.NO_STORE}),
    "framing": (lambda: with_answer(without("frame-ancestors")), {Guard.FRAME_ANCESTORS}),
    "old framing header": (lambda: with_header("X-Frame-Options", None), {Guard.FRAME_ANCESTORS}),
    "base-uri": (lambda: with_answer(without("base-uri")), {Guard.CSP_ON_EVERY_ANSWER}),
    "inline scripts": (lambda: with_answer(inline_scripts), {Guard.CSP_ON_EVERY_ANSWER}),
    "redirects": (
        lambda: with_answer(sends_pages_away),
        {Guard.REDIRECTS_STAY_HERE, Guard.SIGNED_IN_OPERATIONS_NEED_A_CUSTOMER},
    ),
    "foreign scripts": (lambda: with_answer(foreign_script), {Guard.NOTHING_FROM_ELSEWHERE}),
    "path ids": (lambda: with_row("get_address", takes_any_id), {Guard.PATH_IDS_CHECKED}),
    "tokens kept in": (
        lambda: with_row("anonymous_login", passes_tokens_on),
        {Guard.NO_TOKEN_OPERATION_PASSES_THROUGH},
    ),
    "secrets in bodies": (lambda: with_row("logout", secret_from_url), {Guard.SECRETS_ONLY_IN_BODIES}),
    "recent proof": (
        lambda: with_row("add_login", lambda row: dataclasses.replace(row, needs_reauthentication=False)),
        {Guard.RECENT_PROOF_DEMANDED},
    ),
    "reads change nothing": (
        lambda: with_row(
            "add_address_tags",
            lambda row: dataclasses.replace(
                row, own_routes=(*row.routes, dataclasses.replace(row.routes[0], method="GET"))
            ),
        ),
        {Guard.READS_CHANGE_NOTHING},
    ),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return audit(build(), checkouts=[tmp_path_factory.mktemp("without_tests")])


def test_every_guard_has_a_check_and_holds(sound: Report) -> None:
    assert set(CHECKS) == set(Guard)
    assert sound.failed == {}


@pytest.mark.parametrize(
    "what",
    # Each asks every route anew: each run of the tests does so for some, tests/more for all the others.
    [pytest.param(what, marks=() if number % 10 == 0 else pytest.mark.more) for number, what in enumerate(REMOVALS)],
)
def test_guard_that_is_taken_out_is_missed_and_no_other(what: str) -> None:
    remove, expected = REMOVALS[what]
    failed = failed_in(remove())
    assert set(failed) == expected
    assert all(len(wrong) < 300 for wrong in failed.values())


@pytest.mark.parametrize(
    ("remove", "guard"),
    [
        (REMOVALS["HttpOnly"][0], Guard.COOKIE_HTTP_ONLY),
        (no_token_check, Guard.CSRF_TOKEN_CHECKED),
        (no_origin_check, Guard.ORIGIN_CHECKED),
    ],
)
def test_exactly_the_verdicts_that_rest_on_it_flip(
    sound: Report, remove: Callable[[], Bff], guard: Guard, tmp_path: Path
) -> None:
    report = audit(remove(), checkouts=[tmp_path])
    flipped = {
        verdict.requirement.id: verdict.status
        for verdict, before in zip(report.verdicts, sound.verdicts, strict=True)
        if verdict.status is not before.status
    }
    resting = {
        row.id: RequirementStatus.BROKEN
        for row in REQUIREMENTS
        if isinstance(row.answer, Met) and guard in row.answer.guards
    }
    assert flipped == resting != {}
    assert report.findings == len(resting)
    assert all(verdict.failed == (guard,) for verdict in report.broken)


@pytest.mark.parametrize("guard", Guard)
def test_guard_speaks_for_the_rows_that_name_it(guard: Guard) -> None:
    broken = {
        one.requirement.id for one in judge(REQUIREMENTS, {guard: "x"}, None) if one.status is RequirementStatus.BROKEN
    }
    assert broken == {row.id for row in REQUIREMENTS if isinstance(row.answer, Met) and guard in row.answer.guards}


@pytest.fixture
def bare_loggers() -> Iterator[None]:
    """Take the filters off the HTTP library's loggers for a while."""
    app = build()
    assert failed_in(app) == {}
    loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith("urllib3")]
    before = [(logger, logger.filters) for logger in loggers]
    yield
    for logger, filters in before:
        logger.filters = filters


def test_missing_redaction_is_missed(bare_loggers: None) -> None:
    app = build()
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("urllib3"):
            logging.getLogger(name).filters = []
    assert set(failed_in(app)) == {Guard.REDACTION_IN_PLACE}


def test_certificate_that_is_believed_is_missed(sound: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    class Believing(Transport):
        def _prepare(self, curl: Any, *args: Any) -> None:
            super()._prepare(curl, *args)
            curl.setopt(pycurl.SSL_VERIFYPEER, 0)
            curl.setopt(pycurl.SSL_VERIFYHOST, 0)

    monkeypatch.setattr(guards_transport, "Transport", Believing)
    assert set(failed_in(build())) == {Guard.UPSTREAM_TLS}
