"""`bff.js` in a browser, against what can go wrong: each failure is one error, and nothing is sent twice.

The pages it runs in are the shop's own, under their content policy. Between browser and shop stands a server that
counts what is asked for, and fails where a test wants it to.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, expect

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import CannedResponse, Cut, Fault
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from tests.support.alike import alike
from tests.support.browser.chromium import running_chromium
from tests.support.browser.front import CUT, NO_ANSWER, Failure, Front, error, html, running_front
from tests.support.browser.js_client import Tab, new_tab
from tests.support.browser.storefront import PASSWORD, Storefront, fresh_email
from tests.support.browser.visitor import PATIENCE_SECONDS
from tests.support.documents import document, section

NewStorefront = Callable[..., Storefront]
NewTab = Callable[[], Tab]
SESSION = "GET /api/session"
TEN_MINUTES = "Ten minutes to a signed-in profile"
ADDRESS = {"contactName": "Jane Doe", "street": "Rynek"}
WAITED = "6"
"""The shop waits for Emporix: what a busy machine needs for a sign-in, and one test waits out."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """A shop, and what stands in front of it."""

    store: Storefront
    front: Front


@pytest.fixture(scope="module")
def site(storefronts: NewStorefront) -> Iterator[Site]:
    with running_front() as front:
        environment = {"BFF_PUBLIC_URL": front.url, "BFF_NEUTRAL_ANSWERS": "off", "EMPORIX_READ_TIMEOUT": WAITED}
        store = storefronts(False, environment)
        front.shop = store.url
        yield Site(store=store, front=front)


@pytest.fixture
def front(site: Site) -> Front:
    site.front.forget()
    return site.front


@pytest.fixture
def store(site: Site) -> Iterator[Storefront]:
    yield site.store
    site.store.sandbox.faults.clear()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    yield context
    context.close()


@pytest.fixture
def tabs(context: BrowserContext, front: Front) -> Iterator[NewTab]:
    """Makes tabs of one browser; none of them may have thrown anything that nobody caught by the end."""
    opened: list[Tab] = []

    def make() -> Tab:
        opened.append(new_tab(context, front))
        return opened[-1]

    yield make
    assert [text for tab in opened for text in tab.thrown] == []


@pytest.fixture
def tab(tabs: NewTab) -> Tab:
    return tabs().load()


@pytest.fixture
def customer(tab: Tab, store: Storefront, front: Front) -> str:
    """Somebody who is signed in, in that tab."""
    email = store.customer()
    tab.sign_in(email)
    front.forget()
    return email


def cookie_of(context: BrowserContext, store: Storefront) -> str:
    (value,) = [one["value"] for one in context.cookies() if one["name"] == store.cookie]
    return value


def idle_out(context: BrowserContext, store: Storefront) -> None:
    """Take away what Redis keeps of a session, as it does when the idle limit is over."""
    sid = SessionCookie(value=Secret(cookie_of(context, store))).sid.encode()
    keys = [key for key in store.redis.scan_iter() if sid in key and not key.endswith(b":ended")]
    assert keys
    store.redis.delete(*keys)


# The session and its token


def test_first_call_fetches_the_token_by_itself_and_the_next_has_it(tab: Tab, store: Storefront, front: Front) -> None:
    session = tab.sign_in(store.customer())
    assert (session["state"], session["ending"]) == ("authenticated", False)
    # The answer to the sign-in has carried the new cookie's token.
    tab.call("addAddress", ADDRESS)
    assert front.asked() == [SESSION, "POST /api/login", "POST /api/me/addresses"]


def test_calls_side_by_side_fetch_one_token(tab: Tab, customer: str, front: Front) -> None:
    tab.load()
    answers = tab.page.evaluate(
        "(body) => Promise.all([1, 2, 3, 4].map(() => bff.addAddress(body)).concat(bff.session()))", ADDRESS
    )
    assert len({one["id"] for one in answers[:4]}) == 4
    assert sorted(front.asked()) == [SESSION, *["POST /api/me/addresses"] * 4]


@pytest.mark.more
def test_first_token_that_cannot_be_fetched_fails_the_calls_that_wait_and_no_later_one(
    tab: Tab, store: Storefront, front: Front
) -> None:
    front.fail(SESSION, error(503, "session_store_unavailable"))
    email = store.customer()
    assert tab.refused("login", {"email": email, "password": PASSWORD})["type"] == "session_store_unavailable"
    assert front.asked() == [SESSION]
    tab.sign_in(email)


def test_stale_token_is_renewed_and_the_call_repeated_once(
    tab: Tab, customer: str, context: BrowserContext, store: Storefront, front: Front
) -> None:
    other = new_tab(context, front).load()
    # The same person signs in once more: a new cookie, of which this tab hears nothing.
    other.sign_in(customer)
    front.forget()
    before = len(store.stored(customer).addresses)
    tab.call("addAddress", ADDRESS)
    assert front.asked() == ["POST /api/me/addresses", SESSION, "POST /api/me/addresses"]
    assert len(store.stored(customer).addresses) == before + 1


@pytest.mark.more
def test_first_token_that_grows_stale_on_its_way_is_renewed_too(
    tab: Tab, customer: str, context: BrowserContext, front: Front
) -> None:
    tab.load()
    other = new_tab(context, front).load()
    other.call("session")
    front.forget()
    first, told = threading.Event(), threading.Event()
    front.fail(SESSION, Failure(passed_on=True, held=first))
    front.fail(f"{SESSION}?extend=false", Failure(passed_on=True, held=told))
    with tab.page.expect_request("**/api/session"):
        tab.page.evaluate("() => { bff.onSessionChange(() => {}); }")
    tab.begin("adding", "addAddress", ADDRESS)
    tab.page.wait_for_timeout(300)
    with tab.page.expect_request("**/api/session?extend=false"):
        other.sign_in(customer)
    first.set()
    added = tab.end("adding")
    told.set()
    assert "answer" in added, added
    assert front.asked().count("POST /api/me/addresses") == 2


def test_refused_token_is_repeated_once_and_no_more(tab: Tab, customer: str, front: Front) -> None:
    front.fail("POST /api/me/addresses", *[error(403, "csrf_failed")] * 3)
    refused = tab.refused("addAddress", ADDRESS)
    assert (refused["status"], refused["type"]) == (403, "csrf_failed")
    assert front.asked() == ["POST /api/me/addresses", SESSION, "POST /api/me/addresses"]


def test_what_one_customer_asked_for_is_not_done_as_another(
    tab: Tab, customer: str, context: BrowserContext, store: Storefront, front: Front
) -> None:
    another = store.customer()
    other = new_tab(context, front).load()
    other.call("logout")
    other.sign_in(another)
    before = len(store.stored(another).addresses)
    assert tab.refused("addAddress", ADDRESS)["type"] == "csrf_failed"
    assert len(store.stored(another).addresses) == before
    # Whoever asks now knows who it is.
    tab.call("addAddress", ADDRESS)
    assert len(store.stored(another).addresses) == before + 1


# Failures


def test_guest_is_told_to_sign_in(tab: Tab, front: Front) -> None:
    refused = tab.refused("addresses")
    assert (refused["status"], refused["type"], refused["ended"]) == (401, "login_required", None)
    assert refused["requestId"]
    assert front.asked() == ["GET /api/me/addresses"]


def test_session_that_was_idle_too_long_says_so(
    tab: Tab, customer: str, context: BrowserContext, store: Storefront, front: Front
) -> None:
    idle_out(context, store)
    for name, given in (("me", ()), ("addAddress", (ADDRESS,))):
        refused = tab.refused(name, *given)
        assert (refused["status"], refused["type"], refused["ended"]) == (401, "session_expired", "idle")
    assert front.asked() == ["GET /api/me", "POST /api/me/addresses"]


@pytest.mark.more
def test_session_that_was_ended_elsewhere_says_so(
    tab: Tab, customer: str, chromium: Browser, store: Storefront, front: Front
) -> None:
    elsewhere = chromium.new_context()
    other = new_tab(elsewhere, front).load()
    other.sign_in(customer)
    other.call("endOtherDevices")
    elsewhere.close()
    refused = tab.refused("me")
    assert (refused["status"], refused["type"], refused["ended"]) == (401, "session_expired", "elsewhere")


@pytest.mark.more
def test_session_that_has_lasted_its_lifetime_says_so(tab: Tab, customer: str, front: Front) -> None:
    front.fail("GET /api/me", error(401, "session_expired", ended="lifetime"))
    refused = tab.refused("me")
    assert (refused["status"], refused["type"], refused["ended"]) == (401, "session_expired", "lifetime")


def test_other_origin_is_refused_and_nothing_repeated(tab: Tab, customer: str, front: Front) -> None:
    front.fail("POST /api/me/addresses", Failure(passed_on=True, sent_headers={"Sec-Fetch-Site": "cross-site"}))
    refused = tab.refused("addAddress", ADDRESS)
    assert (refused["status"], refused["type"]) == (403, "origin_refused")
    assert refused["fields"] == {"Sec-Fetch-Site": "Expected same-origin."}
    assert front.asked() == ["POST /api/me/addresses"]


@pytest.mark.more
def test_wrong_body_names_its_fields(tab: Tab, front: Front) -> None:
    refused = tab.refused("signUp", {"email": fresh_email(), "password": "short", "customerDetails": {"title": 1}})
    assert (refused["status"], refused["type"]) == (400, "validation_failure")
    assert set(refused["fields"]) == {"customerDetails.title"}
    assert [one["field"] for one in refused["details"]] == ["customerDetails.title"]
    assert refused["message"]


def test_wrong_password_is_told(tab: Tab, store: Storefront, front: Front) -> None:
    refused = tab.refused("signIn", {"email": store.customer(), "password": "Wrong-Meadow-52"})
    assert (refused["status"], refused["type"]) == (401, "invalid_credentials")
    assert front.asked() == [SESSION, "POST /api/login"]


@pytest.mark.more
def test_taken_address_is_a_conflict(tab: Tab, store: Storefront, front: Front) -> None:
    refused = tab.refused("signUp", {"email": store.customer(), "password": "Copper-Lantern-71"})
    assert refused["status"] == 409
    assert front.asked() == [SESSION, "POST /api/signup"]


def test_stale_version_is_a_conflict_and_nothing_is_overwritten(
    tab: Tab, customer: str, store: Storefront, front: Front
) -> None:
    profile = tab.call("me")
    newest = tab.call("updateMe", {"firstName": "Janet"}, {"ifMatch": profile, "prefer": "return=representation"})
    assert (newest["firstName"], newest["metadata"]["version"]) == ("Janet", profile["metadata"]["version"] + 1)
    refused = tab.refused("updateMe", {"firstName": "Joan"}, {"ifMatch": profile})
    assert (refused["status"], refused["type"]) == (412, "version_conflict")
    assert store.stored(customer).document["firstName"] == "Janet"
    tab.call("updateMe", {"firstName": "Joan"}, {"ifMatch": newest})
    assert store.stored(customer).document["firstName"] == "Joan"


def test_version_that_is_not_there_is_not_left_out(tab: Tab, customer: str, front: Front) -> None:
    refused = tab.refused("updateMe", {"firstName": "Joan"}, {"ifMatch": {"firstName": "Jane"}})
    assert (refused["status"], refused["type"]) == (0, "invalid_call")
    assert front.asked() == []


@pytest.mark.more
def test_tag_of_what_was_read_is_the_servers(tab: Tab, customer: str) -> None:
    tags = tab.page.evaluate(
        "async () => { const { body, headers } = await bff.send('GET', '/api/me');"
        " return [module.etagOf(body), headers.get('ETag'), module.etagOf({}), module.etagOf(undefined)]; }"
    )
    assert tags[0] is not None
    assert tags == [tags[1], tags[1], None, None]


OF_EMPORIX = alike(
    (Fault(cut=Cut.AFTER_EFFECT), 503, "upstream_unavailable", 5),
    (Fault(answer=CannedResponse(status=429, headers={"Retry-After": "7"})), 429, "rate_limited", 7),
    (Fault(answer=CannedResponse(status=500)), 502, "upstream_error", None),
    (Fault(delay_before_seconds=float(WAITED) + 3), 504, "upstream_timeout", None),
)


@pytest.mark.parametrize(("fault", "status", "type", "after"), OF_EMPORIX, ids=lambda one: str(one)[:20])
def test_emporix_that_fails_is_told_and_asked_once(
    tab: Tab, customer: str, store: Storefront, front: Front, fault: Fault, status: int, type: str, after: int | None
) -> None:
    store.sandbox.faults.add("add_address", fault)
    before = len(store.sandbox.recorder.of("add_address"))
    refused = tab.refused("addAddress", ADDRESS)
    assert (refused["status"], refused["type"], refused["retryAfter"]) == (status, type, after)
    assert front.asked() == ["POST /api/me/addresses"]
    assert len(store.sandbox.recorder.of("add_address")) == before + 1


@pytest.mark.parametrize("field", alike("__proto__", "constructor", "toString"))
def test_field_of_any_name_has_its_message(tab: Tab, front: Front, field: str) -> None:
    details = [{"message": "of none"}, {"field": field, "message": "first"}, {"field": field, "message": "second"}]
    front.fail("GET /api/me", error(400, "validation_failure", details=details))
    found = tab.page.evaluate("() => bff.me().catch(({ fields }) => Object.entries(fields))")
    assert found == [[field, "first"]]


@pytest.mark.parametrize("status", alike(200, 502, 403, 503, often=2))
def test_page_of_a_proxy_is_not_taken_for_an_answer(tab: Tab, customer: str, front: Front, status: int) -> None:
    front.fail("POST /api/me/addresses", html(status))
    refused = tab.refused("addAddress", ADDRESS)
    assert (refused["status"], refused["type"]) == (status, "unreadable_answer")
    assert front.asked() == ["POST /api/me/addresses"]


@pytest.mark.parametrize(
    "body", alike('{"type": 1}', "{", "null", "[]", '"no"', "{}", '{"type": "x", "details": 1}', "\0", often=2)
)
def test_error_of_another_shape_is_told_as_one(tab: Tab, customer: str, front: Front, body: str) -> None:
    json_type = {"Content-Type": "application/json"}
    front.fail("GET /api/me", Failure(status=500, body=body.encode(), headers=json_type))
    refused = tab.refused("me")
    assert (refused["status"], refused["type"], refused["details"]) == (500, "unreadable_answer", [])


def test_redirect_is_not_followed(tab: Tab, customer: str, front: Front) -> None:
    front.fail("POST /api/me/addresses", Failure(status=307, body=b"", headers={"Location": "/api/me/addresses"}))
    assert tab.refused("addAddress", ADDRESS)["type"] == "unreadable_answer"
    assert front.asked() == ["POST /api/me/addresses"]


@pytest.mark.more
def test_no_network_is_told(tab: Tab, customer: str, context: BrowserContext, front: Front) -> None:
    context.set_offline(True)
    for name, given in (("me", ()), ("addAddress", (ADDRESS,))):
        refused = tab.refused(name, *given)
        assert (refused["status"], refused["type"], refused["retryAfter"]) == (0, "network_error", None)
    assert front.asked() == []
    context.set_offline(False)
    tab.call("me")


@pytest.mark.parametrize("failure", alike(CUT, NO_ANSWER), ids=["cut", "none"])
def test_answer_that_does_not_come_is_told_and_nothing_is_sent_twice(
    tab: Tab, customer: str, store: Storefront, front: Front, failure: Failure
) -> None:
    before = len(store.stored(customer).addresses)
    for what, name, given in (("GET /api/me", "me", ()), ("POST /api/me/addresses", "addAddress", (ADDRESS,))):
        front.fail(what, failure)
        assert tab.refused(name, *given)["type"] == "network_error"
    assert front.asked() == ["GET /api/me", "POST /api/me/addresses"]
    assert len(store.stored(customer).addresses) == before + failure.passed_on


def test_sign_in_whose_answer_is_cut_leaves_the_right_token_behind(tab: Tab, store: Storefront, front: Front) -> None:
    email = store.customer()
    front.fail("POST /api/login", CUT)
    assert tab.refused("login", {"email": email, "password": PASSWORD})["type"] == "network_error"
    # It has been done: the head with the new cookie and its token came.
    tab.call("addAddress", ADDRESS)
    assert front.asked() == [SESSION, "POST /api/login", "POST /api/me/addresses"]


@pytest.mark.more
def test_call_that_is_given_up_ends_with_the_browsers_own_error(tab: Tab, customer: str, front: Front) -> None:
    held = threading.Event()
    front.fail("GET /api/me", Failure(passed_on=True, held=held))
    tab.begin("reading", "me")
    given_up = tab.give_up("reading")["error"]
    held.set()
    assert (given_up["isOurs"], given_up["name"]) == (False, "AbortError")


@pytest.mark.more
def test_call_that_waits_for_a_token_can_be_given_up_and_others_go_on(
    tab: Tab, store: Storefront, front: Front
) -> None:
    held = threading.Event()
    front.fail(SESSION, Failure(passed_on=True, held=held))
    body = {"email": store.customer(), "password": PASSWORD}
    tab.begin("first", "requestPasswordReset", {"email": body["email"]})
    tab.begin("second", "login", body)
    assert tab.give_up("first")["error"]["name"] == "AbortError"
    held.set()
    assert tab.end("second")["answer"]["state"] == "authenticated"
    assert front.asked() == [SESSION, "POST /api/login"]


@pytest.mark.parametrize("id", alike("..", "", ".", None, "\ud800"))
def test_id_that_is_none_is_not_sent(tab: Tab, customer: str, front: Front, id: str | None) -> None:
    refused = tab.refused("deleteAddress", id)
    assert (refused["status"], refused["type"]) == (0, "invalid_call")
    assert front.asked() == []


def test_ids_and_queries_are_written_as_a_url_takes_them(tab: Tab, customer: str, front: Front) -> None:
    assert tab.refused("address", "../me?x=1#y")["status"] in (400, 404)
    query = {"expand": ["addresses", "mixin:*"], "none": None}
    assert "addresses" in tab.call("request", "get", "/api/me", {"query": query})
    path = "/api/me/addresses/{addressId}/tags"
    params = {"addressId": tab.call("addresses")[0]["id"]}
    tab.call("request", "POST", path, {"params": params, "query": {"tags": ["A b", "Ü&="]}})
    assert {"A b", "Ü&="} <= set(tab.call("address", params["addressId"])["tags"])
    assert front.asked()[:2] == [
        "GET /api/me/addresses/..%2Fme%3Fx%3D1%23y",
        "GET /api/me?expand=addresses%2Cmixin%3A*",
    ]


@pytest.mark.more
def test_every_part_of_an_answer_can_be_had(tab: Tab, customer: str) -> None:
    found = tab.page.evaluate(
        "async () => { const { status, headers, body } = await bff.send('GET', '/api/me/addresses');"
        " return [status, headers.get('Cache-Control'), body.length]; }"
    )
    assert found == [200, "no-store", 2]
    assert tab.call("deleteAddress", tab.call("addresses")[0]["id"]) is None


@pytest.mark.more
def test_null_is_a_value_for_a_merge_patch(tab: Tab, customer: str, store: Storefront) -> None:
    options = {"contentType": "application/merge-patch+json"}
    tab.call("updateMe", {"title": None, "firstName": "Janet"}, options)
    assert store.stored(customer).document.get("title") is None
    assert store.stored(customer).document["firstName"] == "Janet"


# Who is told of a change


def test_listener_is_told_who_it_is_and_every_change(tab: Tab, store: Storefront, front: Front) -> None:
    tab.listen()
    assert front.asked() == [SESSION]
    email = store.customer(companies=True)
    tab.sign_in(email)
    assert tab.hears("session.state === 'authenticated'")["customer"]["email"] == email
    tab.call("updateMe", {"firstName": "Janet"})
    tab.hears("session.customer.firstName === 'Janet'")
    company = tab.call("me")["b2b"]["legalEntities"][0]["id"]
    tab.call("refreshSession", {"legalEntityId": company})
    assert tab.hears("session.legalEntityId")["legalEntityId"] == company
    tab.call("logout")
    assert tab.hears("session.state === 'guest'")["ended"] is None
    assert [one["state"] for one in tab.heard()] == ["guest", *["authenticated"] * 3, "guest"]


def test_answer_from_before_a_sign_in_is_not_taken_for_news(tab: Tab, store: Storefront, front: Front) -> None:
    tab.listen()
    held = threading.Event()
    front.fail(SESSION, Failure(passed_on=True, held=held))
    with tab.page.expect_request("**/api/session?extend=false"):
        tab.begin("older", "session", {"query": {"extend": False}})
    tab.page.wait_for_timeout(300)
    tab.sign_in(store.customer())
    held.set()
    assert tab.end("older")["answer"]["state"] == "guest"
    tab.page.wait_for_timeout(100)
    assert [one["state"] for one in tab.heard()] == ["guest", "authenticated"]
    tab.call("addAddress", ADDRESS)
    assert "POST /api/me/addresses" in front.asked()
    assert SESSION not in front.asked()[1:]


@pytest.mark.more
def test_listener_that_has_gone_is_told_nothing(tab: Tab, store: Storefront, front: Front) -> None:
    tab.listen()
    tab.page.evaluate(
        "() => { unsubscribe(); unsubscribe(); bff.onSessionChange((session) => { window.last = session; }); }"
    )
    tab.sign_in(store.customer())
    tab.wait("window.last?.state === 'authenticated'")
    assert [one["state"] for one in tab.heard()] == ["guest"]


@pytest.mark.more
def test_listener_that_throws_disturbs_neither_the_call_nor_the_others(
    context: BrowserContext, store: Storefront, front: Front
) -> None:
    tab = new_tab(context, front).load()
    tab.page.evaluate("() => { bff.onSessionChange(() => { throw new Error('of the listener'); }); }")
    tab.listen()
    tab.sign_in(store.customer())
    tab.hears("session.state === 'authenticated'")
    assert set(tab.thrown) == {"of the listener"}


def test_other_tabs_are_told_and_what_is_said_between_them_holds_no_data(
    tabs: NewTab, store: Storefront, front: Front
) -> None:
    here, there, bystander = tabs().load(), tabs().load(), tabs().load()
    bystander.page.evaluate(
        "() => { window.said = []; new BroadcastChannel('bff ').onmessage = ({ data }) => window.said.push(data); }"
    )
    here.listen()
    there.listen()
    here.sign_in(store.customer())
    there.hears("session.state === 'authenticated'")
    # The token went along: no refusal comes first.
    front.forget()
    there.call("addAddress", ADDRESS)
    assert front.asked() == ["POST /api/me/addresses"]
    there.call("updateMe", {"firstName": "Janet"})
    here.hears("session.customer?.firstName === 'Janet'")
    here.call("signOut")
    there.hears("session.state === 'guest'")
    said = bystander.page.evaluate("window.said")
    assert (set(said), len(said)) == ({"changed"}, 3)


@pytest.mark.more
def test_tab_that_is_told_asks_without_extending_the_session(tabs: NewTab, store: Storefront, front: Front) -> None:
    here, there = tabs().load(), tabs().load()
    there.listen()
    front.forget()
    here.sign_in(store.customer())
    there.hears("session.state === 'authenticated'")
    assert front.asked() == [SESSION, "POST /api/login", f"{SESSION}?extend=false"]


@pytest.mark.more
def test_end_that_a_call_comes_upon_is_told_with_its_reason(
    tab: Tab, customer: str, context: BrowserContext, store: Storefront
) -> None:
    tab.listen()
    idle_out(context, store)
    tab.refused("me")
    assert tab.hears("session.state === 'guest'")["ended"] == "idle"


@pytest.mark.more
def test_failed_look_at_the_session_throws_nothing_and_is_made_again(
    tabs: NewTab, store: Storefront, front: Front
) -> None:
    tab = tabs()
    tab.page.clock.install()
    front.fail(SESSION, html(502), NO_ANSWER, error(429, "rate_limited"))
    tab.load()
    tab.page.evaluate("() => { bff.onSessionChange((session) => window.heard.push(session)); }")
    while len(front.asked()) < 4:
        # Nothing happens as long as an answer is under way: only then there is a timer.
        tab.page.clock.fast_forward(16_000)
        tab.page.wait_for_timeout(20)
    tab.hears("session.state === 'guest'")
    assert front.asked() == [SESSION, *[f"{SESSION}?extend=false"] * 3]


@pytest.mark.more
def test_page_that_comes_back_out_of_memory_looks_at_the_session(
    playwright: Playwright, store: Storefront, front: Front
) -> None:
    # Pages of the program may not be stored, and browsers keep none of those that has asked for something.
    own = {
        "Content-Type": "text/html",
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'",
    }
    front.fail("GET /own", *[Failure(status=200, body=b"<!doctype html><title>A shop's own</title>", headers=own)] * 3)
    with running_chromium(playwright, without=["--disable-back-forward-cache"]) as browser:
        context = browser.new_context()
        tab = new_tab(context, front).load("/own")
        tab.page.evaluate("addEventListener('pageshow', ({ persisted }) => { window.persisted = persisted; })")
        tab.listen()
        tab.page.goto(f"{front.url}/signup")
        other = new_tab(context, front).load()
        other.sign_in(store.customer())
        front.forget()
        tab.page.go_back(wait_until="commit")
        expect(tab.page).to_have_url(f"{front.url}/own")
        tab.hears("session.state === 'authenticated'")
        assert tab.page.evaluate("window.persisted") is True
        assert front.asked() == [f"{SESSION}?extend=false"]
        # And it hears the others again.
        other.call("logout")
        tab.hears("session.state === 'guest'")
        assert (tab.thrown, other.thrown) == ([], [])
        context.close()


# The end of a session


@pytest.mark.more
def test_session_that_lasts_for_weeks_is_not_looked_at_all_the_time(tab: Tab, front: Front) -> None:
    month = 30 * 86400
    body = {"csrfToken": "t", "state": "authenticated", "customer": {"id": "1"}, "expiresIn": month, "ended": None}
    front.fail(SESSION, *[Failure(status=200, body=json.dumps(body).encode())] * 2)
    tab.listen()
    tab.page.wait_for_timeout(500)
    assert front.asked() == [SESSION]


@pytest.fixture
def hasty(storefronts: NewStorefront) -> Storefront:
    """A shop where sessions end soon."""
    return storefronts(False, {"BFF_SESSION_IDLE": "6"})


@pytest.mark.more
def test_end_is_announced_can_be_put_off_and_is_told_with_its_reason(
    context: BrowserContext, hasty: Storefront
) -> None:
    with running_front() as front:
        front.url, front.shop = hasty.url, hasty.url
        tab, other = new_tab(context, front).load(warnBefore=4), new_tab(context, front).load(warnBefore=4)
        tab.listen()
        other.listen()
        tab.sign_in(hasty.customer())
        assert not tab.hears("session.state === 'authenticated'")["ending"]
        for one in (tab, other):
            ending = one.hears("session.ending")
            assert (ending["state"], 0 <= ending["expiresIn"] <= 4) == ("authenticated", True)
        tab.call("extendSession")
        for one in (tab, other):
            one.hears("session.state === 'authenticated' && !session.ending")
        tab.hears("session.ending")
        assert tab.hears("session.state === 'guest'")["ended"] == "idle"
        other.hears("session.ended === 'idle'")
        assert (tab.thrown, other.thrown) == ([], [])


# Ways in and out


def test_ways_to_sign_in_lead_back_to_where_the_visitor_is(tabs: NewTab, front: Front) -> None:
    tab = tabs().load("/signup?a=b")
    ways = tab.page.evaluate(
        "[bff.signInUrl(), bff.signInUrl('/account'), bff.socialUrl('google-oauth2'), bff.socialUrl(null, '/x?y=z&w'),"
        " bff.socialUrl('a/b', '')]"
    )
    assert ways == [
        "/login?next=%2Fsignup%3Fa%3Db",
        "/login?next=%2Faccount",
        "/login/social/google-oauth2?next=%2Fsignup%3Fa%3Db",
        "/login/social?next=%2Fx%3Fy%3Dz%26w",
        "/login/social/a%2Fb",
    ]


@pytest.mark.more
def test_sign_out_leads_on_to_the_identity_provider_where_it_holds_a_session(
    tab: Tab, customer: str, front: Front
) -> None:
    body = json.dumps({"logoutUrl": f"{front.url}/signup?from=provider"})
    front.fail("POST /api/logout", Failure(passed_on=True, body=body.encode()))
    with tab.page.expect_navigation():
        tab.page.evaluate("void bff.signOut()")
    assert tab.page.url == f"{front.url}/signup?from=provider"


def test_sign_out_leads_nowhere_else(tab: Tab, customer: str, front: Front) -> None:
    assert tab.call("signOut") == {"logoutUrl": None}
    assert tab.call("session")["state"] == "guest"
    assert tab.page.url == f"{front.url}/login"


# What is printed


def test_first_ten_minutes_run_as_printed(tabs: NewTab, store: Storefront) -> None:
    scripts = re.findall(r"^```js\n(.*?)^```", section(document("json-api.md"), TEN_MINUTES), re.MULTILINE | re.DOTALL)
    (script,) = [text for text in scripts if text.startswith("// src/main.js\n")]
    email = store.customer(addresses=False)
    imported = r'^import (\{.*\}) from "\./bff/bff\.js";$'
    assert re.search(imported, script, re.MULTILINE)
    script = re.sub(imported, r'const \1 = await import("/static/bff.js");', script, flags=re.MULTILINE)
    for printed, here in ((B2C_EMAIL, email), (B2C_PASSWORD, PASSWORD)):
        assert printed in script
        script = script.replace(printed, here)
    tab = tabs().load()
    tab.page.evaluate("() => document.body.replaceChildren()")
    tab.page.evaluate(f"async () => {{ {script} }}")
    lines: list[str | re.Pattern[str]] = [
        "Hello!",
        "Hello Jane!",
        f"Jane Doe, {email}",
        "1 addresses",
        re.compile("validation_failure: .+"),
        "Hello!",
    ]
    for line in lines:
        expect(tab.page.locator("body")).to_contain_text(line)
    stored = store.stored(email)
    assert stored.document["contactPhone"] == "0301234567"
    (address,) = stored.addresses.values()
    assert (address["city"], address["tags"]) == ("Krakow", ["BILLING", "SHIPPING"])
