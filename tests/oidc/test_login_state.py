"""A sign-in under way is good once, for ten minutes, in the browser that started it."""

from __future__ import annotations

import base64
import hashlib

from bff.oidc.login_state import LIFETIME_SECONDS, MOST_OPEN, LoginState, added, taken

NOW = 1_800_000_000.0


def fresh(*, now: float = NOW, prefix: str | None = None) -> LoginState:
    return LoginState.fresh(
        return_path="/account", issuer="https://id.example.com/", prefix=prefix, now=now, is_reauthentication=False
    )


def test_two_starts_have_nothing_in_common() -> None:
    one, two = fresh(), fresh()
    assert len({one.state, two.state, one.nonce, two.nonce, one.verifier, two.verifier}) == 6
    assert len(one.state.reveal()) >= 43
    assert 43 <= len(one.verifier.reveal()) <= 128


def test_challenge_is_the_verifiers_sha256() -> None:
    login = fresh()
    expected = base64.urlsafe_b64encode(hashlib.sha256(login.verifier.reveal().encode()).digest()).rstrip(b"=")
    assert login.challenge == expected.decode()


def test_state_begins_with_the_configured_name() -> None:
    assert fresh(prefix="shop").state.reveal().startswith("shop--")


def test_taking_returns_it_once_and_leaves_the_others() -> None:
    one, two = fresh(), fresh()
    records = added(added((), one, NOW), two, NOW)
    found, rest = taken(records, one.state.reveal(), NOW)
    assert found == one
    again, rest = taken(rest, one.state.reveal(), NOW)
    assert again is None
    assert taken(rest, two.state.reveal(), NOW)[0] == two


def test_unknown_state_takes_nothing() -> None:
    records = added((), fresh(), NOW)
    for state in ("", "unknown", "é", "\ud800"):
        found, rest = taken(records, state, NOW)
        assert found is None
        assert rest == tuple(records)


def test_it_is_over_after_ten_minutes_and_gone_when_taken() -> None:
    login = fresh()
    found, rest = taken(added((), login, NOW), login.state.reveal(), NOW + LIFETIME_SECONDS)
    assert (found, rest) == (None, ())


def test_no_more_than_ten_are_open_and_the_oldest_goes_first() -> None:
    logins = [fresh() for _ in range(MOST_OPEN + 1)]
    records: tuple[object, ...] = ()
    for login in logins:
        records = added(records, login, NOW)  # type: ignore[arg-type]  # records are opaque here
    assert len(records) == MOST_OPEN
    assert taken(records, logins[0].state.reveal(), NOW)[0] is None  # type: ignore[arg-type]  # as above
    assert taken(records, logins[-1].state.reveal(), NOW)[0] == logins[-1]  # type: ignore[arg-type]  # as above


def test_those_that_are_over_make_room() -> None:
    old = fresh(now=NOW - LIFETIME_SECONDS)
    assert len(added(added((), old, NOW - LIFETIME_SECONDS), fresh(), NOW)) == 1


def test_nothing_of_it_shows_when_printed() -> None:
    login = fresh()
    for secret in (login.state, login.nonce, login.verifier):
        assert secret.reveal() not in repr(login)
