"""The rows of the requirements: none is missing, none says 'met' without a test, and the known deviations are told."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bff.audit.requirement import Deviation, Guard, Met, NotApplicable, Requirement
from bff.audit.requirements import REQUIREMENTS

ROOT = Path(__file__).parents[2]
IDS = frozenset(
    {
        "browser-based-apps-6.1.1-credentials-stripped",
        "browser-based-apps-6.1.2.1-check-session",
        "browser-based-apps-6.1.2.1-login-and-logout",
        "browser-based-apps-6.1.2.2-inline-refresh",
        "browser-based-apps-6.1.2.2-session-lifetime",
        "browser-based-apps-6.1.2.3",
        "browser-based-apps-6.1.3.1-confidential-client",
        "browser-based-apps-6.1.3.1-code-grant",
        "browser-based-apps-6.1.3.2-secure",
        "browser-based-apps-6.1.3.2-http-only",
        "browser-based-apps-6.1.3.2-same-site",
        "browser-based-apps-6.1.3.2-path",
        "browser-based-apps-6.1.3.2-no-domain",
        "browser-based-apps-6.1.3.2-name-prefix",
        "browser-based-apps-6.1.3.2-encrypted-tokens",
        "browser-based-apps-6.1.3.3-csrf-defence",
        "browser-based-apps-6.1.3.3.2-custom-header",
        "browser-based-apps-6.1.3.3.2-no-cors",
        "browser-based-apps-6.1.3.3.3",
        "browser-based-apps-6.1.3.4",
        "browser-based-apps-6.1.3.5",
        "browser-based-apps-6.1.3.6-destination-host",
        "browser-based-apps-6.1.3.6-path-parts",
        "browser-based-apps-6.1.3.6-listed-paths",
        "browser-based-apps-6.1.3.7",
        "browser-based-apps-6.1.4.1",
        "rfc-9700-2.1-open-redirector",
        "rfc-9700-2.1-callback-csrf",
        "rfc-9700-2.1-mix-up",
        "rfc-9700-2.1.1-code-injection",
        "rfc-9700-2.1.1-per-transaction",
        "rfc-9700-2.1.1-s256",
        "rfc-9700-2.1.2",
        "rfc-9700-2.2.2",
        "rfc-9700-2.3",
        "rfc-9700-2.4",
        "rfc-9700-2.5",
        "rfc-9700-2.6-metadata",
        "rfc-9700-2.6-tls",
        "rfc-9700-4.1.3",
        "rfc-9700-4.2.4-nothing-from-elsewhere",
        "rfc-9700-4.2.4-state-once",
        "rfc-9700-4.3.1",
        "rfc-9700-4.3.2",
        "rfc-9700-4.5.3.2",
        "rfc-9700-4.12",
        "rfc-9700-4.13",
        "rfc-9700-4.16",
        "rfc-9207-2.4-compare",
        "rfc-9207-2.4-absent",
        "rfc-9207-2.4-errors",
        "rfc-9207-2.4-abort",
        "back-channel-logout-2.5-request",
        "back-channel-logout-2.5-no-cookie",
        "back-channel-logout-2.5-limit",
        "back-channel-logout-2.6-signature",
        "back-channel-logout-2.6-claims",
        "back-channel-logout-2.6-events",
        "back-channel-logout-2.6-sub-or-sid",
        "back-channel-logout-2.6-no-nonce",
        "back-channel-logout-2.6-typ",
        "back-channel-logout-2.6-jti",
        "back-channel-logout-2.7-sessions",
        "back-channel-logout-2.7-tokens",
        "back-channel-logout-2.8",
        "asvs-3.1.1",
        "asvs-3.2.1",
        "asvs-3.2.2",
        "asvs-3.2.3",
        "asvs-3.3.1",
        "asvs-3.3.2",
        "asvs-3.3.3",
        "asvs-3.3.4",
        "asvs-3.3.5",
        "asvs-3.4.1",
        "asvs-3.4.2",
        "asvs-3.4.3",
        "asvs-3.4.4",
        "asvs-3.4.5",
        "asvs-3.4.6",
        "asvs-3.4.7",
        "asvs-3.4.8",
        "asvs-3.5.1",
        "asvs-3.5.2",
        "asvs-3.5.3",
        "asvs-3.5.4",
        "asvs-3.5.5",
        "asvs-3.5.6",
        "asvs-3.5.7",
        "asvs-3.5.8",
        "asvs-3.6.1",
        "asvs-3.7.1",
        "asvs-3.7.2",
        "asvs-3.7.3",
        "asvs-3.7.4",
        "asvs-3.7.5",
        "asvs-7.1.1",
        "asvs-7.1.2",
        "asvs-7.1.3",
        "asvs-7.2.1",
        "asvs-7.2.2",
        "asvs-7.2.3",
        "asvs-7.2.4",
        "asvs-7.3.1",
        "asvs-7.3.2",
        "asvs-7.4.1",
        "asvs-7.4.2",
        "asvs-7.4.3",
        "asvs-7.4.4",
        "asvs-7.4.5",
        "asvs-7.5.1",
        "asvs-7.5.2",
        "asvs-7.5.3",
        "asvs-7.6.1",
        "asvs-7.6.2",
        "asvs-10.1.1",
        "asvs-10.1.2",
        "asvs-10.2.1",
        "asvs-10.2.2",
        "asvs-10.2.3",
        "asvs-10.4.8",
        "asvs-10.4.9",
        "asvs-10.4.10",
        "asvs-10.4.16",
        "asvs-10.5.1",
        "asvs-10.5.2",
        "asvs-10.5.3",
        "asvs-10.5.4",
        "asvs-10.5.5",
        "asvs-10.6.2",
    }
)
"""What has to be answered for, written down apart from the rows."""

DEVIATIONS = {
    "rfc-9700-4.3.2": "queries",
    "rfc-9700-2.4": "password",
    "browser-based-apps-6.1.3.2-same-site": "Lax",
    "browser-based-apps-6.1.3.3.2-custom-header": "GET",
    "browser-based-apps-6.1.3.1-confidential-client": "public client id",
    "browser-based-apps-6.1.3.7": "bearer",
    "rfc-9700-2.5": "No secret",
    "asvs-10.6.2": "id token",
    "browser-based-apps-6.1.2.3": "Redis",
    "browser-based-apps-6.1.2.2-session-lifetime": "refresh token",
    "back-channel-logout-2.7-tokens": "without its cookie",
    "asvs-3.4.7": "Reports",
    "browser-based-apps-6.1.3.2-name-prefix": "__Host-session",
    "asvs-3.7.4": "preload",
    "asvs-7.5.1": "phone",
}
"""What this program knowingly does otherwise, with a word that its reason cannot do without."""

LEVELS = {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "RECOMMENDED", "advice", "text", "L1", "L2", "L3"}
NEVER_NAMED = re.compile(
    r"/(?:root|home|usr|tmp|srv)\b|https?://|@|\b(?:TODO|FIXME|XXX)\b|\b(?:127\.0|10\.0|192\.168)\."
)
"""Machines, addresses, people, and notes that are nobody's business but the authors'."""
NAMED = re.compile(r"(tests/[a-z_0-9/]+\.py)::(test_[a-z_0-9]+)")


def named_by(requirement: Requirement) -> tuple[str, ...]:
    return () if isinstance(requirement.answer, NotApplicable) else requirement.answer.tests


@cache
def functions_of(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the test functions at the top of a module, each with its decorators as written."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name: tuple(ast.unparse(decorator) for decorator in node.decorator_list)
        for node in module.body
        if isinstance(node, ast.FunctionDef)
    }


def test_every_requirement_has_one_row_and_no_other_has() -> None:
    ids = [requirement.id for requirement in REQUIREMENTS]
    assert len(ids) == len(set(ids))
    assert set(ids) == IDS


def wrong_with(requirement: Requirement) -> Iterator[str]:
    """Yield what a row lacks."""
    if requirement.level not in LEVELS:
        yield f"level {requirement.level}"
    if not re.fullmatch(r"\d+(\.\d+)+", requirement.section):
        yield f"section {requirement.section}"
    if not re.fullmatch(r"[a-z0-9]*(-[a-z0-9]+)*", requirement.slug):
        yield f"slug {requirement.slug}"
    if not requirement.demands.endswith("."):
        yield "what it demands is no sentence"
    match requirement.answer:
        case Met(tests=tests, guards=guards):
            if not tests:
                yield "met without a test"
            if len(set(tests)) != len(tests):
                yield "a test twice"
            if not set(guards) <= set(Guard):
                yield "an unknown guard"
        case Deviation(reason=reason, compensation=compensation):
            if len(reason) <= 40:
                yield "a short reason"
            if not compensation:
                yield "nothing stands in"
        case NotApplicable(reason=reason):
            if len(reason) <= 40:
                yield "a short reason"


def test_row_says_what_it_has_to() -> None:
    wrong = [f"{one.id}: {told}" for one in REQUIREMENTS for told in wrong_with(one)]
    assert not wrong, "\n".join(wrong)


def is_run(name: str) -> bool:
    """Tell whether a test of this name stands in the files, and is not passed over."""
    named = NAMED.fullmatch(name)
    if not named or not (ROOT / named[1]).is_file():
        return False
    decorators = functions_of(ROOT / named[1]).get(named[2])
    return decorators is not None and not any(re.search(r"\b(?:skip|skipif|xfail)\b", one) for one in decorators)


def test_named_tests_exist_and_are_run() -> None:
    wrong = [f"{one.id}: {name}" for one in REQUIREMENTS for name in named_by(one) if not is_run(name)]
    assert not wrong, "\n".join(wrong)


def said_by(requirement: Requirement) -> tuple[str, ...]:
    """Return every text of a row."""
    match requirement.answer:
        case Met(how=how):
            return requirement.demands, how
        case Deviation(reason=reason, compensation=compensation):
            return requirement.demands, reason, compensation
        case NotApplicable(reason=reason):
            return requirement.demands, reason


def is_plain(text: str) -> bool:
    return not NEVER_NAMED.search(text) and text == " ".join(text.split()) and text.isprintable()


def test_row_names_no_machine_and_nobody() -> None:
    wrong = [f"{one.id}: {text}" for one in REQUIREMENTS for text in said_by(one) if not is_plain(text)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("id_of_row", DEVIATIONS)
def test_known_deviation_is_told_with_what_stands_in_for_it(id_of_row: str) -> None:
    (requirement,) = (one for one in REQUIREMENTS if one.id == id_of_row)
    assert isinstance(requirement.answer, Deviation)
    assert DEVIATIONS[id_of_row] in requirement.answer.reason
    assert requirement.answer.tests


def test_every_check_of_the_cookie_and_of_forged_requests_carries_a_verdict() -> None:
    used = {guard for one in REQUIREMENTS if isinstance(one.answer, Met) for guard in one.answer.guards}
    assert used >= {Guard.COOKIE_HTTP_ONLY, Guard.COOKIE_SECURE, Guard.CSRF_TOKEN_CHECKED, Guard.ORIGIN_CHECKED}
