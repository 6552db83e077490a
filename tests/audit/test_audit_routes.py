"""Every route is in the report, with what guards it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from bff.audit.as_json import as_json
from bff.audit.report import Report, audit
from bff.audit.requirement import Guard
from bff.audit.routes import UNDECLARED, AuditedRoute, Caller, Csrf
from bff.audit.storage import ALL_KEPT
from bff.audit.text import as_text
from bff.audit.tokens import token_kinds
from bff.factory import Bff
from bff.operations.declared import SaasToken
from bff.operations.model import Credential, Operation, ResponseShape
from bff.operations.table import OPERATIONS
from bff.web.paths import BACKCHANNEL_LOGOUT
from tests.support.audit.audit_parts import build
from tests.support.declared_rows import DECLARED_ROWS


@pytest.fixture(scope="module")
def app() -> Bff:
    return build()


@pytest.fixture(scope="module")
def report(app: Bff, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return audit(app, checkouts=[tmp_path_factory.mktemp("without_tests")])


def route(report: Report, method: str, rule: str) -> AuditedRoute:
    (found,) = [one for one in report.routes if (one.method, one.rule) == (method, rule)]
    return found


def rules_of(app: Bff) -> set[tuple[str, str]]:
    return {(method, rule.rule) for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - {"HEAD"}}


def test_every_rule_of_the_url_map_is_in_the_report(app: Bff, report: Report) -> None:
    assert {(one.method, one.rule) for one in report.routes} == rules_of(app)
    assert {(one["method"], one["path"]) for one in as_json(report)["routes"]} == rules_of(app)
    lines = as_text(report).splitlines()
    for method, rule in rules_of(app):
        assert f"{method:<7}{rule}" in lines


def test_no_view_calls_upstream_undeclared(report: Report) -> None:
    assert [one.rule for one in report.routes if one.operations == UNDECLARED] == []


def test_every_change_is_guarded_against_other_sites(report: Report) -> None:
    by_rule: dict[Csrf, set[tuple[str, str]]] = {
        Csrf.NONE: set(),
        Csrf.SIGNED: set(),
        Csrf.STATE: set(),
        Csrf.OWN_SESSION: set(),
    }
    for one in report.routes:
        by_rule.setdefault(one.csrf, set()).add((one.method, one.rule))
    assert by_rule[Csrf.NONE] == set()
    assert by_rule[Csrf.SIGNED] == {("POST", BACKCHANNEL_LOGOUT)}
    assert by_rule[Csrf.STATE] == {("GET", "/login/callback")}
    assert by_rule[Csrf.OWN_SESSION] == {
        ("GET", "/api/me"),
        ("GET", "/api/session"),
        ("GET", "/login/social"),
        ("GET", "/login/social/<connection>"),
    }
    assert all(method == "GET" for method, _ in by_rule[Csrf.READ])


def test_route_says_who_calls_it_and_with_what(report: Report) -> None:
    deletion = route(report, "DELETE", "/api/me")
    assert (deletion.caller, deletion.bearer, deletion.csrf) == (
        Caller.REAUTHENTICATED_CUSTOMER,
        ("customer",),
        Csrf.HEADER,
    )
    assert deletion.limits == ("mail", "session")
    confirmed = route(report, "POST", "/api/me/delete/confirm")
    assert confirmed.limits == ("session",)
    login = route(report, "POST", "/login")
    assert (login.caller, login.csrf, login.limits) == (Caller.ANYBODY, Csrf.FIELD, ("sign-in", "guest", "session"))
    book = route(report, "GET", "/account/addresses")
    assert (book.caller, book.operations, book.bearer) == (Caller.CUSTOMER, ("list_addresses",), ("customer",))
    home = route(report, "GET", "/")
    assert (home.caller, home.operations, home.bearer) == (Caller.ANYBODY, ("get_me",), ("customer",))
    assert route(report, "GET", "/api/sessions").caller is Caller.CUSTOMER
    assert route(report, "DELETE", "/api/sessions/<id>").operations == ("logout",)
    assert route(report, "GET", "/login/social").limits == ("session",)
    assert route(report, "POST", BACKCHANNEL_LOGOUT).caller is Caller.IDENTITY_PROVIDER
    assert route(report, "GET", "/static/<path:filename>").cache.startswith("public")
    assert route(report, "GET", "/.well-known/change-password").limits == ()


def test_new_route_without_a_guard_stands_out(tmp_path: Path) -> None:
    app = build()
    app.add_url_rule("/planted", view_func=lambda: "", methods=["GET"])
    app.add_url_rule("/api/planted", view_func=lambda: "{}", methods=["GET"], endpoint="planted_too")
    hooks = app.before_request_funcs[None]
    app.before_request_funcs[None] = [hook for hook in hooks if hook.__name__ != "check"]
    app.add_url_rule("/changes", view_func=lambda: "", methods=["POST"], endpoint="changes")
    report = audit(app, checkouts=[tmp_path])
    assert route(report, "GET", "/planted").operations == UNDECLARED
    assert route(report, "GET", "/api/planted").operations == UNDECLARED
    assert route(report, "POST", "/changes").csrf is Csrf.NONE
    missed = {Guard.CSRF_TOKEN_CHECKED, Guard.ORIGIN_CHECKED, Guard.HOST_CHECKED, Guard.ROUTES_ARE_DECLARED}
    assert missed <= set(report.failed)
    assert report.findings > 3


TABLES = pytest.mark.parametrize("table", [OPERATIONS, {**OPERATIONS, **DECLARED_ROWS}], ids=["built in", "declared"])


@TABLES
def test_tokens_are_told_by_rows_that_exist(table: Mapping[str, Operation]) -> None:
    named = {row for kind in token_kinds(table) for row in (*kind.created_by, *kind.sent_by)}
    assert named <= set(table)


@TABLES
def test_every_row_that_brings_or_takes_a_secret_is_named(table: Mapping[str, Operation]) -> None:
    kinds = token_kinds(table)
    bringing = {row for kind in kinds for row in kind.created_by}
    assert bringing == {row.name for row in OPERATIONS.values() if row.answer is ResponseShape.TOKENS}
    taking = {row for kind in kinds for row in kind.sent_by}
    secret = {row.name for row in table.values() if any(parameter.secret for parameter in row.parameters)}
    saas = {row.name for row in table.values() if row.saas_token is not SaasToken.NEVER}
    shared = {row.name for row in table.values() if Credential.SHARED in row.accepts}
    mailed_in_bodies = {"reset_password", "confirm_email"}
    assert taking == secret | mailed_in_bodies | saas | shared


@TABLES
def test_tokens_are_stored_under_keys_that_are_declared(table: Mapping[str, Operation]) -> None:
    stored = [kind.stored for kind in token_kinds(table) if kind.stored.startswith("bff:")]
    assert {re.split("[,;]", words)[0] for words in stored} <= {kept.key for kept in ALL_KEPT}


def test_json_form_is_json_and_holds_what_the_text_holds(report: Report) -> None:
    told = json.loads(json.dumps(as_json(report)))
    assert set(told) == {
        *("publicUrl", "probes", "tests", "summary", "guards", "findings", "notes", "requirements", "routes"),
        *("limits", "cookie", "headers", "redis", "tokens", "hosts", "sets"),
    }
    assert told["summary"]["findings"] == 0
    assert told["summary"]["met"] == sum(one["verdict"] == "met" for one in told["requirements"])
    assert [one["wrong"] for one in told["guards"]] == [None] * len(Guard)
    assert told["cookie"] == ["__Host-session=<32 random bytes>", "Secure", "HttpOnly", "Path=/", "SameSite=Lax"]
    assert [(one["host"], one["encrypted"]) for one in told["hosts"]] == [
        ("api.emporix.io", True),
        ("shop.eu.auth0.com", True),
        ("redis.internal:6379", True),
    ]
    text = as_text(report)
    for one in told["requirements"]:
        assert f"{one['section']} [{one['level']}]" in text


def test_text_fits_a_hundred_columns(report: Report) -> None:
    lines = as_text(report).splitlines()
    # A test's name cannot be broken.
    assert [
        line for line in lines if len(line) > 100 and "::" not in line and not line.strip().startswith("test_")
    ] == []
    assert lines[0] == "Audit of https://shop.example.com"
    assert lines[2] == "0 findings"
