"""A Redis that is short of memory drops any key, when it matters most: what is lost by that, and what comes back.

The records of a session are dropped in `test_redis_refusals`, counts and shared tokens in
`test_redis_evictions_counted`.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from bff.commands.sessions import revoke_sessions
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import Fault
from bff.sandbox.provider.settings import JANE
from bff.sessions.scripts import RETIRED_BYTES
from tests.support.fakes.steps import Steps, stepped
from tests.support.journeys.aged import age, pass_a_twentieth, session_of
from tests.support.journeys.crowd import NOBODY
from tests.support.journeys.evictions import ANSWER, INDEX, LOCK, MARK, USED, drop
from tests.support.oidc.hostile import mint_logout_token
from tests.support.pages import TO_ULM, Values, customer
from tests.support.patience import eventually
from tests.support.redis_keys import keys_of
from tests.support.redis_servers import cluster
from tests.support.shop import PUBLIC_URL, Browser, Shop, ShopMaker, SocialShop
from tests.support.social import Traveller

REFRESH = "refresh_auth_token"
CROWD = 4
WRONG = "Wrong-Harbour-00"


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/api/me").status_code == 200


def tab_of(shop: Shop, browser: Browser) -> Browser:
    tab = shop.browser()
    tab.cookie = browser.cookie
    return tab


def reasons(log: pytest.LogCaptureFixture, event: str) -> list[str]:
    """Return why each event of a kind came about, as the log says."""
    return [one.__dict__["bff_fields"]["reason"] for one in log.records if one.getMessage() == event]


# The lock of a refresh


@pytest.mark.parametrize("rotated", [False, True], ids=["called", "rotated"])
@pytest.mark.parametrize("over", [False, True], ids=["due", "over"])
def test_refresh_whose_lock_is_dropped_is_done_once_more_at_most_and_overwrites_nothing(
    shop: Shop, caplog: pytest.LogCaptureFixture, over: bool, rotated: bool
) -> None:
    caplog.set_level(logging.INFO)
    browser, recorder = shop.signed_in(), shop.sandbox.recorder
    assert browser.cookie is not None
    mine = browser.get("/api/me").get_json()["id"]
    old = age(shop, browser.cookie, over=over)
    recorder.clear()
    hold = threading.Event()
    shop.sandbox.faults.add(REFRESH, Fault(hold_after=hold) if rotated else Fault(hold_before=hold), times=1)

    def ask() -> tuple[int, str | None]:
        answer = tab_of(shop, browser).get("/api/me")
        return answer.status_code, answer.get_json().get("type", answer.get_json().get("id"))

    with ThreadPoolExecutor(CROWD + 1) as pool:
        try:
            first = pool.submit(ask)
            eventually(lambda: recorder.executions(REFRESH) if rotated else recorder.count(REFRESH))
            drop(shop.redis, LOCK)
            others = [one.result() for one in [pool.submit(ask) for _ in range(CROWD)]]
            kept = session_of(shop, browser.cookie).vault.customer
        finally:
            hold.set()
        late = first.result()
    assert recorder.executions(REFRESH) == 1
    assert reasons(caplog, "lock_not_released") == ["LockNotOwnedError"]
    left = session_of(shop, browser.cookie).vault.customer
    if rotated and over:
        # Upstream took the token for spent, which it was, and nothing else serves.
        assert late == (401, "session_expired") in others, (late, others)
        # Who comes later finds a guest.
        assert set(others) <= {(401, "session_expired"), (200, NOBODY)}, others
        assert left is kept is None
        assert recorder.executions("logout") == 1, "what comes late is kept nowhere"
        return
    assert {late, *others} == {(200, mine)}, (late, others)
    assert left is not None
    assert left.access != old.access
    assert left == kept or rotated, "what comes late overwrites nothing"
    assert is_signed_in(browser)


# The index


def end_others(social: SocialShop, here: Browser, there: Traveller) -> None:
    assert here.delete("/api/sessions").status_code == 204


def end_by_a_reset(social: SocialShop, here: Browser, there: Traveller) -> None:
    browser, mails, password = social.shop.browser(), social.shop.sandbox.mails, "Amber-Window-19"
    browser.session()
    assert browser.post("/api/password/reset", json={"email": B2C_EMAIL}).status_code == 204
    update = {"token": mails.newest_first[0].token, "password": password}
    assert browser.post("/api/password/reset/update", json=update).status_code == 204
    browser.sign_in(password=password)


def end_as_operator(social: SocialShop, here: Browser, there: Traveller) -> None:
    assert revoke_sessions(social.shop.settings, B2C_EMAIL, io.StringIO(), io.StringIO()) == 0


def end_at_the_provider(social: SocialShop, **claims: str) -> int:
    data = {"logout_token": mint_logout_token(social.provider, claims=claims)}
    client = social.shop.app.test_client(use_cookies=False)
    return client.post("/login/backchannel-logout", data=data, base_url=PUBLIC_URL).status_code


def end_the_person(social: SocialShop, here: Browser, there: Traveller) -> None:
    assert end_at_the_provider(social, sub=JANE.subject) == 200


def end_its_session(social: SocialShop, here: Browser, there: Traveller) -> None:
    who = there.web.signed_in
    assert who is not None
    assert who.social is not None
    assert end_at_the_provider(social, sid=who.social.sid or "") == 200


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (end_others, "others ended"),
        (end_by_a_reset, "password reset"),
        (end_as_operator, "operator"),
        (end_the_person, "identity provider"),
        (end_its_session, "identity provider"),
    ],
)
def test_session_is_in_the_dropped_index_again_with_its_next_request_and_no_ending_finds_it_before(
    make_shop: ShopMaker,
    caplog: pytest.LogCaptureFixture,
    end: Callable[[SocialShop, Browser, Traveller], None],
    said: str,
) -> None:
    caplog.set_level(logging.INFO)
    social = make_shop.with_provider()
    here, there = social.shop.signed_in(), Traveller(social)
    there.sign_in()
    assert len(here.get("/api/sessions").get_json()) == 2
    drop(social.shop.redis, INDEX)
    assert [one["current"] for one in here.get("/api/sessions").get_json()] == [True]
    end(social, here, there)
    assert is_signed_in(there.browser), "what is listed nowhere is found by nobody"
    assert reasons(caplog, "session_ended") == []
    # Who has just signed in is in the list that there is.
    told = ["others ended"] if end is end_others else []
    assert reasons(caplog, "sessions_not_ended") == told
    pass_a_twentieth(social.shop)
    assert is_signed_in(there.browser)
    assert is_signed_in(here)
    assert len(here.get("/api/sessions").get_json()) == (3 if end is end_by_a_reset else 2)
    end(social, here, there)
    answer = there.browser.get("/api/me")
    assert (answer.status_code, answer.get_json()["type"]) == (401, "session_expired")
    assert answer.get_json()["ended"] == "elsewhere"
    assert set(reasons(caplog, "session_ended")) == {said}
    assert reasons(caplog, "sessions_not_ended") == told


def test_operator_who_ends_all_sessions_needs_no_index(shop: Shop) -> None:
    browsers = [shop.signed_in(), shop.signed_in()]
    drop(shop.redis, INDEX)
    assert revoke_sessions(shop.settings, None, io.StringIO(), io.StringIO()) == 0
    assert [is_signed_in(browser) for browser in browsers] == [False, False]


def test_index_of_a_cluster_comes_back_too(make_shop: ShopMaker) -> None:
    with cluster() as nodes:
        shop = make_shop(REDIS_URL=nodes.url())
        here, there = shop.signed_in(), shop.signed_in()
        for key in nodes.kept():
            if key.startswith(b"bff:index:"):
                shop.services.redis.delete(key)
            elif key.endswith(b":web"):
                shop.services.redis.expire(key, shop.settings.sessions.idle_seconds * 19 // 20 - 1)
        assert is_signed_in(there)
        assert is_signed_in(here)
        assert here.delete("/api/sessions").status_code == 204
        assert not is_signed_in(there)
        assert is_signed_in(here)
        shop.services.redis.close()


# The mark of an ending


def test_sign_in_under_way_outlives_an_ending_whose_mark_is_dropped_and_the_next_ending_finds_it(shop: Shop) -> None:
    steps = Steps()
    older, browser, here = shop.signed_in(), stepped(shop, steps).browser(), shop.signed_in()
    browser.session()

    def ending() -> None:
        assert here.delete("/api/sessions").status_code == 204
        drop(shop.redis, MARK)

    sign_in = {"email": B2C_EMAIL, "password": B2C_PASSWORD}
    answer = steps.go(lambda: browser.post("/api/login", json=sign_in), before="/demoshop/me", happens=ending)
    assert answer.status_code == 200
    assert not is_signed_in(older), "what was listed has ended"
    assert is_signed_in(browser)
    assert len(here.get("/api/sessions").get_json()) == 2
    assert here.delete("/api/sessions").status_code == 204
    assert not is_signed_in(browser)
    assert is_signed_in(here)


# What is to happen once


def test_logout_token_whose_use_is_dropped_is_good_once_more(make_shop: ShopMaker) -> None:
    social = make_shop.with_provider()
    data = {"logout_token": mint_logout_token(social.provider, claims={"sub": JANE.subject})}

    def tell() -> int:
        client = social.shop.app.test_client(use_cookies=False)
        return client.post("/login/backchannel-logout", data=data, base_url=PUBLIC_URL).status_code

    assert (tell(), tell()) == (200, 400)
    since, other = Traveller(social), social.shop.signed_in()
    since.sign_in()
    drop(social.shop.redis, USED)
    assert tell() == 200
    assert (since.who, is_signed_in(other)) == (None, True)


@pytest.mark.parametrize(
    ("path", "entries", "operation", "times", "then"),
    [
        ("/account/email", {"newEmail": "jane@example.com", "password": B2C_PASSWORD}, "change_email", 2, 303),
        # The session remembers that the form was used.
        ("/account/addresses/new", TO_ULM, "add_address", 1, 303),
        # What is changed has changed since the page was made.
        ("/account", {"company": "Example Trading"}, "update_me", 1, 422),
    ],
)
def test_second_click_whose_answer_is_dropped_stands_for_itself(
    shop: Shop, path: str, entries: Values, operation: str, times: int, then: int
) -> None:
    one = customer(shop)
    values = one.get(f"{path}?change=company").form(path).filled(entries)
    other = one.fork(shop)
    one.post(path, values)
    drop(shop.redis, ANSWER)
    other.post(path, values)
    assert (one.status, other.status) == (303, then), other.page.words
    assert shop.sandbox.recorder.executions(operation) == times


@pytest.mark.parametrize("dropped", [False, True])
def test_late_form_with_a_replaced_cookie_whose_mark_is_dropped_takes_the_browser_for_a_guest(
    shop: Shop, dropped: bool
) -> None:
    browser = shop.browser()
    browser.session()
    assert browser.post("/api/login", json={"email": B2C_EMAIL, "password": WRONG}).status_code == 401
    late = tab_of(shop, browser)
    late.csrf = browser.csrf
    browser.sign_in()
    (replaced,) = [key for key in keys_of(shop.redis, "bff:*:web") if shop.redis.strlen(key) <= RETIRED_BYTES]
    if dropped:
        shop.redis.delete(replaced)
    assert "Set-Cookie" not in late.get("/api/session").headers
    answer = late.post("/api/password/reset", json={"email": B2C_EMAIL})
    assert answer.status_code == 204
    assert ("Set-Cookie" in answer.headers) == dropped
    assert is_signed_in(browser), "its session lives on, whatever its cookie is by now"
