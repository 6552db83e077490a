"""The provider's documents: fetched when needed, checked, kept for a day, and a failure for half a minute."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from urllib.parse import urlsplit

import pytest

from bff.errors import IdentityProviderUnavailable
from bff.sandbox.faults import Fault
from bff.sandbox.provider.settings import ProviderSettings
from tests.support.audit.audit_parts import build
from tests.support.fakes.answers import empty
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.raw_server import RawServer, reply, unused_port
from tests.support.fakes.sso_browser import query_of
from tests.support.oidc.provider_parts import BACK, CLIENT, Seen, login_of, ours, serving

DAY_SECONDS = 86400


@pytest.fixture
def seen(clock: FakeClock) -> Iterator[Seen]:
    with serving(ProviderSettings(), clock) as seen:
        yield seen


def unavailable(seen: Seen) -> None:
    with pytest.raises(IdentityProviderUnavailable):
        seen.ours.metadata()


def test_nothing_is_fetched_before_it_is_needed(seen: Seen) -> None:
    assert seen.asked() == (0, 0)
    seen.ours.metadata()
    assert seen.asked() == (1, 0)
    seen.ours.keys(None)
    assert seen.asked() == (1, 1)


def test_document_gives_endpoints_and_the_issuers_own_spelling(clock: FakeClock) -> None:
    with serving(ProviderSettings(), clock, issuer_suffix="") as seen:
        metadata = seen.ours.metadata()
        assert metadata.issuer == seen.provider.issuer
        assert metadata.issuer.endswith("/")
        assert metadata.authorization_endpoint == f"{metadata.issuer}authorize"
        assert metadata.jwks_uri == f"{metadata.issuer}.well-known/jwks.json"
        assert metadata.end_session_endpoint == f"{metadata.issuer}oidc/logout"
        assert metadata.sends_issuer


def test_documents_are_kept_for_a_day(seen: Seen) -> None:
    seen.ours.keys(None)
    seen.clock.advance(DAY_SECONDS - 1)
    seen.ours.keys(None)
    assert seen.asked() == (1, 1)
    seen.clock.advance(1)
    seen.ours.keys(None)
    assert seen.asked() == (2, 2)


def test_failure_is_kept_for_half_a_minute(seen: Seen) -> None:
    seen.provider.faults.add("discovery", Fault(answer=empty(503)), times=1)
    unavailable(seen)
    seen.clock.advance(29)
    unavailable(seen)
    assert seen.asked() == (1, 0)
    seen.clock.advance(1)
    seen.ours.metadata()
    assert seen.asked() == (2, 0)


def test_keys_that_cannot_be_had_are_asked_for_again_after_half_a_minute(seen: Seen) -> None:
    seen.provider.faults.add("jwks", Fault(answer=empty(503)), times=1)
    for _ in range(2):
        with pytest.raises(IdentityProviderUnavailable):
            seen.ours.keys(None)
    assert seen.asked() == (1, 1)
    seen.clock.advance(30)
    assert seen.ours.keys(None).keys


def test_provider_that_is_not_there_is_told_at_once(clock: FakeClock) -> None:
    provider = ours(f"http://localhost:{unused_port()}/", clock)
    with pytest.raises(IdentityProviderUnavailable):
        provider.metadata()
    assert provider.end_session_url("sid", "http://127.0.0.1:8000/") is None


def test_many_at_once_fetch_it_once(seen: Seen) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: seen.ours.keys(None), range(8)))
    assert len(keys) == 8
    assert seen.asked() == (1, 1)


@pytest.mark.parametrize("most_waiting", [1, 8])
def test_silent_provider_holds_no_more_than_a_few_threads(clock: FakeClock, most_waiting: int) -> None:
    told, asked = threading.Event(), threading.Event()

    def says_nothing_yet(connection: socket.socket, request: bytes) -> None:
        asked.set()
        told.wait(20)
        connection.sendall(reply(status="503 No"))

    with RawServer(says_nothing_yet) as server, ThreadPoolExecutor(20) as pool:
        provider = ours(f"http://localhost:{server.port}/", clock, most_waiting)
        first = pool.submit(provider.metadata)
        assert asked.wait(20)
        others = [pool.submit(provider.metadata) for _ in range(12)]
        refused, held = wait(others, timeout=1.5)
        assert (len(refused), len(held)) == (12 - most_waiting, most_waiting)
        told.set()
        for one in (first, *others):
            with pytest.raises(IdentityProviderUnavailable):
                one.result(20)


@pytest.mark.parametrize(("threads", "waiting"), [("32", 8), ("8", 2), ("1", 1)])
def test_a_quarter_of_the_threads_may_wait_for_it(threads: str, waiting: int) -> None:
    oidc = build(BFF_THREADS=threads).services.oidc
    assert oidc is not None
    assert oidc._provider._places._value == waiting


def test_unknown_kid_is_looked_for_once_and_never_twice_in_half_a_minute(seen: Seen) -> None:
    seen.ours.keys("unknown")
    assert seen.asked() == (1, 1)
    for _ in range(5):
        seen.ours.keys("unknown")
    assert seen.asked() == (1, 2)
    seen.clock.advance(29)
    seen.ours.keys("another unknown")
    assert seen.asked() == (1, 2)
    seen.clock.advance(1)
    seen.ours.keys("another unknown")
    assert seen.asked() == (1, 3)


def test_bad_signature_has_the_keys_fetched_anew_and_never_twice_in_half_a_minute(seen: Seen) -> None:
    known = seen.ours.keys(None)
    newer = seen.ours.keys_newer_than(known)
    assert newer is not None
    assert seen.asked() == (1, 2)
    seen.clock.advance(29)
    assert [seen.ours.keys_newer_than(newer) for _ in range(5)] == [None] * 5
    seen.ours.keys("unknown")
    assert seen.asked() == (1, 2)
    seen.clock.advance(1)
    assert seen.ours.keys_newer_than(newer) is not None
    assert seen.asked() == (1, 3)


def test_of_many_bad_signatures_at_once_one_has_the_keys_fetched_and_all_get_them(seen: Seen) -> None:
    known = seen.ours.keys(None)
    with ThreadPoolExecutor(8) as pool:
        newer = list(pool.map(lambda _: seen.ours.keys_newer_than(known), range(8)))
    assert len(set(map(id, newer))) == 1
    assert newer[0] is seen.ours.keys(None)
    assert seen.asked() == (1, 2)


def test_keys_are_kept_where_newer_ones_cannot_be_had_after_a_bad_signature(seen: Seen) -> None:
    known = seen.ours.keys(None)
    seen.provider.faults.add("jwks", Fault(answer=empty(503)), times=1)
    assert seen.ours.keys_newer_than(known) is None
    assert seen.ours.keys(None) is known


def test_known_kid_is_never_looked_for_again(seen: Seen) -> None:
    kid = seen.provider.keys.current.kid
    seen.ours.keys(kid)
    seen.clock.advance(3600)
    seen.ours.keys(kid)
    seen.ours.keys(None)
    assert seen.asked() == (1, 1)


def test_new_key_is_found_and_one_that_is_withdrawn_is_dropped(seen: Seen) -> None:
    old = seen.provider.keys.current.kid
    assert [key.kid for key in seen.ours.keys(old).keys] == [old]
    seen.provider.keys.rotate(keep_old=False)
    seen.clock.advance(60)
    new = seen.provider.keys.current.kid
    assert [key.kid for key in seen.ours.keys(new).keys] == [new]


def test_good_keys_stay_while_newer_ones_cannot_be_had(seen: Seen) -> None:
    kid = seen.provider.keys.current.kid
    seen.ours.keys(kid)
    seen.provider.faults.add("jwks", Fault(answer=empty(503)), times=1)
    seen.clock.advance(60)
    assert [key.kid for key in seen.ours.keys("unknown").keys] == [kid]
    assert seen.asked() == (1, 2)


def test_keys_older_than_a_day_are_not_used_where_newer_ones_cannot_be_had(seen: Seen) -> None:
    seen.ours.keys(None)
    seen.provider.faults.add("jwks", Fault(answer=empty(503)))
    seen.clock.advance(DAY_SECONDS)
    with pytest.raises(IdentityProviderUnavailable):
        seen.ours.keys(None)


def test_authorize_url_asks_exactly_what_it_has_to(seen: Seen) -> None:
    login = login_of(seen.clock)
    url = seen.ours.authorize_url(login, redirect_uri=BACK, connection=None)
    assert url.partition("?")[0] == f"{seen.provider.issuer}authorize"
    expected = {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "scope": "openid profile email",
        "state": login.state.reveal(),
        "nonce": login.nonce.reveal(),
        "code_challenge": login.challenge,
        "code_challenge_method": "S256",
    }
    assert query_of(url) == expected
    named = seen.ours.authorize_url(login, redirect_uri=BACK, connection="a b&c")
    assert query_of(named) == {**expected, "connection": "a b&c"}
    again = seen.ours.authorize_url(login_of(seen.clock, is_reauthentication=True), redirect_uri=BACK, connection=None)
    assert {name: query_of(again)[name] for name in ("prompt", "max_age")} == {"prompt": "login", "max_age": "0"}


def test_end_session_names_the_client_the_session_and_where_to_return(seen: Seen) -> None:
    url = seen.ours.end_session_url("the-sid", "http://127.0.0.1:8000/")
    assert url is not None
    assert url.partition("?")[0] == f"{seen.provider.issuer}oidc/logout"
    assert query_of(url) == {
        "client_id": CLIENT,
        "post_logout_redirect_uri": "http://127.0.0.1:8000/",
        "logout_hint": "the-sid",
    }
    unhinted = seen.ours.end_session_url(None, "http://127.0.0.1:8000/")
    assert unhinted is not None
    assert "logout_hint" not in query_of(unhinted)


def test_provider_without_end_session_has_auth0s_own_way(clock: FakeClock) -> None:
    with serving(ProviderSettings(end_session_endpoint=False), clock) as seen:
        url = seen.ours.end_session_url("the-sid", "http://127.0.0.1:8000/")
        assert url is not None
        assert urlsplit(url).path == "/v2/logout"
        assert query_of(url) == {"client_id": CLIENT, "returnTo": "http://127.0.0.1:8000/"}
