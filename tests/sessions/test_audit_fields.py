"""Whom a line of the audit trail is about, and what it says of an outcome."""

from __future__ import annotations

import json

import pytest

from bff.errors import (
    BffError,
    InvalidCredentials,
    InvalidInput,
    LoginRequired,
    SessionStoreUnavailable,
    UpstreamMalformed,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from bff.secret import Secret
from bff.sessions.audit_fields import audit_outcome, audit_subject, email_in
from bff.sessions.cookie import SessionCookie
from bff.sessions.session import SessionState
from tests.support.fakes.visits import Visits
from tests.support.shop import Shop


@pytest.fixture
def visits(shop: Shop) -> Visits:
    return Visits(shop=shop)


def test_customer_is_named_once_the_session_was_read_and_not_read_for_it(visits: Visits) -> None:
    session = visits.signed_in()
    assert session.cookie is not None
    sid = session.cookie.sid
    assert audit_subject(session) == {"sid": sid, "customer_id": None}
    assert session.state is SessionState.UNREAD
    who = session.signed_in
    assert who is not None
    assert audit_subject(session) == {"sid": sid, "customer_id": who.customer.id}


def test_browser_without_a_record_is_named_by_its_cookie(visits: Visits) -> None:
    cookie = SessionCookie.fresh()
    session = visits.open(cookie)
    session.load()
    assert audit_subject(session) == {"sid": cookie.sid, "customer_id": None}


@pytest.mark.parametrize("cookie", [None, SessionCookie(value=Secret("chosen-by-an-attacker"))])
def test_no_cookie_and_one_that_is_not_ours_name_nobody(visits: Visits, cookie: SessionCookie | None) -> None:
    assert audit_subject(visits.open(cookie)) == {"sid": None, "customer_id": None}


@pytest.mark.parametrize(
    ("error", "outcome", "status"),
    [
        (None, "done", None),
        (UpstreamRejected("login", status=403, type="forbidden", message="canary"), "refused", 403),
        (InvalidCredentials(), "refused", None),
        (InvalidInput(), "refused", None),
        (LoginRequired(), "refused", None),
        (UpstreamRateLimited("login", None), "refused", None),
        (UpstreamTimeout("login"), "unknown", None),
        (UpstreamUnavailable("login"), "unknown", None),
        (UpstreamMalformed("login"), "unknown", None),
        (SessionStoreUnavailable(), "unknown", None),
    ],
)
def test_refused_and_not_known_are_told_apart(error: BffError | None, outcome: str, status: int | None) -> None:
    assert audit_outcome(error) == {"outcome": outcome, "status": status}


@pytest.mark.parametrize(
    ("body", "email"),
    [
        ({"email": "a@example.com"}, "a@example.com"),
        ({"email": "a@example.com", "signup": {"email": "b@example.com"}}, "b@example.com"),
        ({"token": "x"}, None),
        ({"email": None}, None),
        (None, None),
    ],
)
def test_address_is_taken_from_where_a_body_names_it(body: object, email: str | None) -> None:
    assert email_in(None if body is None else json.dumps(body).encode()) == email
