"""Two browsers, two customers, and everything that can happen to a session, in any order.

Hypothesis chooses the steps. After each of them both browsers are what the model says they are, and no cookie that was
ever replaced or ended opens anything again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bff.account.login_ends import RECENT_SECONDS
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.settings import SandboxSettings
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.endings import Ending, end_sessions
from bff.sessions.index import IndexKind
from tests.support.fakes.clock import FakeClock
from tests.support.shop import Browser, Shop, ShopMaker

LIFETIME_SECONDS = 43200
ACCESS_SECONDS = 900
PASSWORDS = {B2C_EMAIL: B2C_PASSWORD, B2B_EMAIL: B2B_PASSWORD}

VISITORS = st.integers(0, 1)
CUSTOMERS = st.sampled_from(sorted(PASSWORDS))


@dataclass
class Visitor:
    """A browser, and what it should be by now."""

    browser: Browser
    email: str | None = None
    since: float = 0.0
    proved_at: float = 0.0
    dead_cookies: set[str] = field(default_factory=set)
    cookie_is_dead: bool = False
    """The browser still has a cookie whose session has ended without it."""

    def guest_again(self) -> None:
        self.email = None


class SessionMachine(RuleBasedStateMachine):
    """The steps; `shop` is set by the test."""

    shop: Shop
    clock: FakeClock

    def __init__(self) -> None:
        super().__init__()
        self.shop.redis.flushall()
        self.visitors = [Visitor(browser=self.shop.browser()) for _ in range(2)]
        for visitor in self.visitors:
            visitor.browser.session()

    # Steps.

    @rule(number=VISITORS, email=CUSTOMERS)
    def sign_in(self, number: int, email: str) -> None:
        visitor = self.visitors[number]
        again = self.expected(visitor) == email
        before = visitor.browser.cookie
        answer = visitor.browser.post("/api/login", json={"email": email, "password": PASSWORDS[email]})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert visitor.browser.cookie != before
        self.retired(visitor, before)
        visitor.email, visitor.proved_at = email, self.clock()
        if not again:
            visitor.since = self.clock()

    @rule(number=VISITORS, email=CUSTOMERS)
    def mistype_the_password(self, number: int, email: str) -> None:
        visitor = self.visitors[number]
        before = visitor.browser.cookie
        answer = visitor.browser.post("/api/login", json={"email": email, "password": "Wrong-Harbour-00"})
        assert answer.status_code == 401
        assert answer.get_json()["type"] == "invalid_credentials"
        if visitor.browser.cookie != before:
            # A dead cookie's first write.
            self.retired(visitor, before)

    @rule(number=VISITORS)
    def sign_out(self, number: int) -> None:
        visitor = self.visitors[number]
        before = visitor.browser.cookie
        assert visitor.browser.post("/api/logout").status_code == 200
        visitor.email = None
        self.retired(visitor, before)

    @rule(number=VISITORS)
    def refresh(self, number: int) -> None:
        visitor = self.visitors[number]
        wanted = 401 if self.expected(visitor) is None else 200
        assert visitor.browser.post("/api/session/refresh").status_code == wanted

    @rule(number=VISITORS)
    def change_the_profile(self, number: int) -> None:
        visitor = self.visitors[number]
        email = self.expected(visitor)
        answer = visitor.browser.patch("/api/me", json={"company": f"of {email}"})
        assert answer.status_code == (401 if email is None else 200), answer.get_data(as_text=True)

    @rule(number=VISITORS)
    def change_the_password_and_back(self, number: int) -> None:
        visitor = self.visitors[number]
        email = self.expected(visitor)
        if email is None:
            return
        for current, new in ((PASSWORDS[email], "Amber-Window-19"), ("Amber-Window-19", PASSWORDS[email])):
            before = visitor.browser.cookie
            answer = visitor.browser.post("/api/password/change", json={"currentPassword": current, "newPassword": new})
            assert answer.status_code == 204, answer.get_data(as_text=True)
            assert visitor.browser.cookie != before
            self.retired(visitor, before)
        visitor.proved_at = self.clock()

    @rule(number=VISITORS)
    def end_the_others(self, number: int) -> None:
        visitor = self.visitors[number]
        email = self.expected(visitor)
        answer = visitor.browser.delete("/api/sessions")
        if email is None or self.clock() - visitor.proved_at > RECENT_SECONDS:
            assert answer.status_code == 401
            return
        assert answer.status_code == 204, answer.get_data(as_text=True)
        for other in self.visitors:
            if other is not visitor and self.expected(other) == email:
                self.ended_without_cookie(other)

    @rule(number=VISITORS)
    def end_one_by_the_list(self, number: int) -> None:
        visitor = self.visitors[number]
        email = self.expected(visitor)
        answer = visitor.browser.get("/api/sessions")
        if email is None:
            assert answer.status_code == 401
            return
        devices = answer.get_json()
        same = [other for other in self.visitors if self.expected(other) == email]
        assert len(devices) == len(same)
        others = [device["id"] for device in devices if not device["current"]]
        if others and self.clock() - visitor.proved_at <= RECENT_SECONDS:
            assert visitor.browser.delete(f"/api/sessions/{others[0]}").status_code == 204
            (other,) = [other for other in same if other is not visitor]
            self.ended_without_cookie(other)

    @rule(email=CUSTOMERS)
    def operator_revokes(self, email: str) -> None:
        signed_in = [visitor for visitor in self.visitors if self.expected(visitor) == email]
        ended = end_sessions(self.shop.services.sessions, IndexKind.EMAIL, email, Ending.OPERATOR)
        assert ended == len(signed_in)
        for visitor in signed_in:
            self.ended_without_cookie(visitor)

    @rule(number=VISITORS)
    def idle_limit_passes(self, number: int) -> None:
        visitor = self.visitors[number]
        cookie = visitor.browser.cookie
        assert cookie is not None
        sid = SessionCookie(value=Secret(cookie)).sid
        # What Redis does by itself when the time has come.
        for key in self.shop.redis.scan_iter(f"bff:{{{sid}}}:*"):
            self.shop.redis.delete(key)
        self.ended_without_cookie(visitor)

    @rule(seconds=st.sampled_from([RECENT_SECONDS + 1, ACCESS_SECONDS, LIFETIME_SECONDS // 2, LIFETIME_SECONDS]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(number=VISITORS)
    def upstream_ends_its_tokens(self, number: int) -> None:
        visitor = self.visitors[number]
        email = self.expected(visitor)
        if email is None:
            return
        customer = visitor.browser.get("/api/session?extend=false").get_json()["customer"]
        self.shop.sandbox.tokens.forget_customer(customer["id"])
        for other in self.visitors:
            if self.expected(other) == email:
                answer = other.browser.get("/api/me")
                assert (answer.status_code, answer.get_json()["type"]) == (401, "session_expired")
                other.guest_again()

    @precondition(lambda self: any(visitor.dead_cookies for visitor in self.visitors))
    @rule(data=st.data())
    def dead_cookie_is_tried_again(self, data: st.DataObject) -> None:
        cookies = sorted(set().union(*(visitor.dead_cookies for visitor in self.visitors)))
        thief = self.shop.browser()
        thief.cookie = data.draw(st.sampled_from(cookies))
        state = thief.get("/api/session")
        assert state.get_json()["state"] == "guest"
        assert state.get_json()["expiresIn"] is None
        for path in ("/api/me", "/api/me/addresses", "/api/sessions"):
            answer = thief.get(path)
            assert answer.status_code == 401
            assert "Set-Cookie" not in answer.headers

    # What holds after every step.

    @invariant()
    def everybody_is_who_they_should_be(self) -> None:
        for visitor in self.visitors:
            email = self.expected(visitor)
            state = visitor.browser.get("/api/session?extend=false").get_json()
            customer = state["customer"]
            assert (None if customer is None else customer["email"]) == email
            if email is None:
                continue
            profile = visitor.browser.get("/api/me").get_json()
            assert profile["contactEmail"] == email
            assert profile.get("company") in (None, "Example Trading", f"of {email}")

    @invariant()
    def cookies_of_two_browsers_differ(self) -> None:
        first, second = (visitor.browser.cookie for visitor in self.visitors)
        assert first != second
        for visitor in self.visitors:
            assert visitor.cookie_is_dead or visitor.browser.cookie not in visitor.dead_cookies

    # The model.

    def expected(self, visitor: Visitor) -> str | None:
        if visitor.email is not None and self.clock() >= visitor.since + LIFETIME_SECONDS:
            visitor.guest_again()
        return visitor.email

    def retired(self, visitor: Visitor, cookie: str | None) -> None:
        assert cookie is not None
        visitor.dead_cookies.add(cookie)
        visitor.cookie_is_dead = False

    def ended_without_cookie(self, visitor: Visitor) -> None:
        visitor.guest_again()
        cookie = visitor.browser.cookie
        assert cookie is not None
        visitor.dead_cookies.add(cookie)
        visitor.cookie_is_dead = True


def test_no_order_of_events_revives_a_cookie_or_mixes_two_customers(make_shop: ShopMaker, clock: FakeClock) -> None:
    class Machine(SessionMachine):
        pass

    Machine.clock = clock
    Machine.shop = make_shop(
        SandboxSettings(customer_access_seconds=ACCESS_SECONDS),
        clock=clock,
        BFF_RATE_LIMIT_LOGIN="off",
        BFF_RATE_LIMIT_GUEST="off",
        BFF_RATE_LIMIT_API="off",
    )
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            # The same steps at every run; a longer search is a matter of a larger number.
            derandomize=True,
            database=None,
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
