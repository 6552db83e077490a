"""Visits to the pages that go as customers go: fill in, send, go on, open the mail, come back too late.

What is typed and what is stored are the names below and those of the demo customers, so that they can be told from the
shop's own texts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from bff.account.orders import MOST_LINES
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import CannedResponse
from bff.sandbox.mails import Purpose
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.ended import Ended
from bff.sessions.model import SignedIn, SocialIdentity, WebRecord
from bff.web.forms.profile_form import SECTIONS
from bff.web.pages import sign_in
from tests.support.fakes.answers import empty
from tests.support.orders import HOME, entry, order, ordered
from tests.support.page_recorder import answering, customer_of, signed_in, token_of
from tests.support.pages import WHOLE_PROFILE, PageBrowser, visitor
from tests.support.shop import Shop

PASSWORD = "Amber-Window-19"
NEW_EMAIL = "jane@example.com"
OTHER_EMAIL = "other@example.com"
THIRD_EMAIL = "third@example.com"
NOBODY = "nobody@example.com"
TYPED_CITY = "Ulm"
DEVICES = "/account/sessions"
ORDERS = "/account/orders"
PIECE = entry("Sencha", 1, 8.9)
FIREFOX_ON_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"


def notices(shop: Shop) -> None:
    """Show what the sign-in page may say, and the pages that ask to sign in once more."""
    somebody = visitor(shop)
    with shop.app.test_request_context("/"):
        words = list(sign_in.notices())
    for word in words:
        somebody.get(f"/login?notice={word}&next=/account")
    _log_in(somebody, B2C_EMAIL, "wrong")
    jane = signed_in(shop)
    for path in ("/", "/login", "/login?again=1&next=/account", "/logout", "/login/social/google-oauth2"):
        jane.get(path)
    provider = SocialIdentity(issuer="http://127.0.0.1:1/", subject="x", sid=None)
    change_who(shop, jane, lambda who: replace(who, social=provider))
    # Long after that sign-in, so that another proof is asked for.
    change_who(shop, jane, lambda who: replace(who, authenticated_at=0.0))
    jane.get("/account/delete/confirm?token=x")
    change_who(shop, jane, lambda who: replace(who, authenticated_at=shop.services.now()))
    for path in ("/account", "/login?again=1&next=/account", "/account/logins"):
        jane.get(path)
    change_who(shop, jane, lambda who: replace(who, customer=replace(who.customer, email=None)))
    jane.get("/account")
    # Signed out in another tab, and sent from this one all the same.
    stale = token_of(jane)
    jane.browser.post("/api/logout", headers={"X-CSRF-Token": stale})
    jane.post("/account", {"csrf_token": stale})
    customer_of(shop).logins[0].initial_password = True
    signed_in(shop).follow()
    customer_of(shop).logins[0].initial_password = False


def _log_in(somebody: PageBrowser, email: str, password: str) -> None:
    somebody.get("/login")
    somebody.send("/login", email=email, password=password)
    somebody.follow()


def change_who(shop: Shop, somebody: PageBrowser, change: Callable[[SignedIn], SignedIn]) -> None:
    """Change what a browser's session says of its customer."""

    def changed(web: WebRecord) -> WebRecord:
        assert web.signed_in is not None
        return replace(web, signed_in=change(web.signed_in))

    session = shop.services.sessions.open(_cookie(somebody), may_start=False)
    session.load()
    session.change_web(changed)


def _cookie(somebody: PageBrowser) -> SessionCookie:
    assert somebody.browser.cookie is not None
    return SessionCookie(value=Secret(somebody.browser.cookie))


_TO_POLAND = {"contactName": "Jane Doe", "street": "Rynek", "zipCode": "31-042", "city": TYPED_CITY, "country": "PL"}
COUNTRIES_TO_WRITE_TO = ("AE", "AU", "BR", "DE", "HK", "IE", "IN", "IT", "JP", "KR", "NZ", "TW", "US")
"""Each has a word of its own for something."""


def countries(shop: Shop) -> None:
    """Begin an address in each country, and send it as good as empty."""
    jane = signed_in(shop)
    for country in COUNTRIES_TO_WRITE_TO:
        for typed in ({}, {"zipCode": "?", "contactPhone": "?"}):
            form = jane.get("/account/addresses/new").form("/account/addresses/new")
            jane.post(form.action, {**form.values, "country": country, **typed})


def addresses(shop: Shop) -> None:
    """Go through the address book, also with two tabs that disagree."""
    jane, record = signed_in(shop), customer_of(shop)
    shop.sandbox.state.add_address(record, {"street": "Rynek", "tags": ["SHIPPING", "BILLING", "Spare"]})
    jane.get("/account/addresses/new")
    jane.send("/account/addresses/new", **_TO_POLAND, tags="Spare")
    jane.follow()
    jane.get("/account/addresses/new")
    with answering(shop, empty(503), "update_address"):
        jane.send("/account/addresses/new", **_TO_POLAND, isDefault=True)
    jane.follow()
    for here in [f"/account/addresses/{key}" for key in record.addresses][:2]:
        for path in (here, f"{here}/tags", f"{here}/default", f"{here}/delete"):
            jane.get(path)
        jane.get(here)
        late = jane.fork(shop)
        jane.send(here, extraLine1="Rynek", city=TYPED_CITY)
        jane.follow()
        late.send(here, extraLine2="Rynek", city="Krakow")
        jane.get(f"{here}/tags")
        jane.send(f"{here}/tags", tags="Spare", billing=False)
        jane.follow()
        jane.get(f"{here}/default")
        jane.send(f"{here}/default")
        jane.follow()
    jane.get(f"{here}/delete")
    jane.send(f"{here}/delete")
    jane.follow()
    customer_of(shop, B2B_EMAIL).addresses.clear()
    signed_in(shop, B2B_EMAIL, B2B_PASSWORD).get("/account/addresses")


def profile(shop: Shop) -> None:
    """Change the profile, also with two tabs that disagree, and into what nobody accepts."""
    jane = signed_in(shop)
    jane.get(WHOLE_PROFILE)
    late = jane.fork(shop)
    jane.send("/account", preferredCurrency="CHF", preferredSite="outlet", middleName="Jane")
    jane.follow()
    late.send("/account", preferredCurrency="", middleName="", company="Example Trading")
    jane.get(WHOLE_PROFILE)
    jane.send("/account", contactEmail="", companyRegistrationId="1", firstName="", lastName="")
    for word in SECTIONS:
        jane.get(f"/account?change={word}")
    jane.get(WHOLE_PROFILE)
    details = b'{"status": 400, "details": [{"field": "firstName", "message": "x"}, {"field": "x", "message": "x"}]}'
    with answering(
        shop, CannedResponse(status=400, body=details, headers={"Content-Type": "application/json"}), "update_me"
    ):
        jane.send("/account")
    somebody = jane.fork(shop)
    somebody.browser.cookie = None
    somebody.post("/account", {})


def orders(shop: Shop) -> None:
    """Look at orders of every kind, at none, at those of another, and at what is no order."""
    jane, record = signed_in(shop), customer_of(shop)
    for path in ("/", ORDERS):
        jane.get(path)
    older = {"calculatedPrice": None, "tax": {"total": {"amount": 1, "inclusive": False}}, "totalPrice": 2}
    states = ("IN_CHECKOUT", "CREATED", "CONFIRMED", "COMPLETED", "DECLINED")
    of_one = [order(f"EON{number}", status=status, entries=[PIECE]) for number, status in enumerate(states)]
    entity = customer_of(shop, B2B_EMAIL).legal_entities[0]
    more = (
        order("EON10", billingAddress=HOME),
        order("EON11", entries=[{"amount": 2}, PIECE], shippingAddress={"city": 5}, **older),
        order("EON12", entries=[{}] * (MOST_LINES + 1)),
        order("EON13", entries=[{}] * (MOST_LINES + 2)),
        order("EON14", entries=[]),
        order("EON15", legalEntityId=entity.id),
    )
    ordered(shop.sandbox, record, order(), *of_one, *more)
    for path in ("/", ORDERS, f"{ORDERS}?page=2", f"{ORDERS}?page=9", *(f"{ORDERS}/{one['id']}" for one in more)):
        jane.get(path)
    jane.get(f"{ORDERS}/EON2076")
    john = signed_in(shop, B2B_EMAIL, B2B_PASSWORD)
    john.get(f"{ORDERS}/EON15")
    ordered(shop.sandbox, customer_of(shop, B2B_EMAIL), order("EON15", legalEntityId=entity.id))
    john.get(f"{ORDERS}/EON15")
    for listed, total in (([{}, 7], "1"), ([{}, 7, 8], "1"), ([], "4"), ([{}], "x")):
        body, headers = json.dumps(listed).encode(), {"Content-Type": "application/json", "X-Total-Count": total}
        with answering(shop, CannedResponse(status=200, body=body, headers=headers), "orders"):
            for path in ("/", ORDERS, f"{ORDERS}?page=2"):
                jane.get(path)


def company(shop: Shop) -> None:
    """Act for a company, for oneself, and for a company that may not be acted for."""
    record = customer_of(shop, B2B_EMAIL)
    companies, record.legal_entities = record.legal_entities, record.legal_entities[:1]
    signed_in(shop, B2B_EMAIL, B2B_PASSWORD).get("/account")
    record.legal_entities = companies
    john = signed_in(shop, B2B_EMAIL, B2B_PASSWORD)
    for choice in (record.legal_entities[0].id, ""):
        john.get("/account/company")
        john.send("/account/company", legalEntityId=choice)
        john.follow()
    john.get("/account/company")
    with answering(shop, empty(403), "refresh_auth_token"):
        john.send("/account/company", legalEntityId=record.legal_entities[1].id)


def credentials(shop: Shop) -> None:
    """Change password and sign-in e-mail, and add a way to sign in."""
    jane = signed_in(shop)
    jane.get("/account/password")
    jane.send("/account/password", currentPassword="wrong", newPassword=PASSWORD)
    jane.send("/account/password", currentPassword=PASSWORD, newPassword=PASSWORD)
    jane.send("/account/password", currentPassword=PASSWORD, newPassword="password123")
    for before, after in ((B2C_PASSWORD, PASSWORD), (PASSWORD, B2C_PASSWORD)):
        jane.get("/account/password")
        jane.send("/account/password", currentPassword=before, newPassword=after)
        jane.follow()
    jane.get("/account/email")
    jane.send("/account/email", newEmail=B2C_EMAIL, password=B2C_PASSWORD)
    jane.send("/account/email", newEmail=NEW_EMAIL, password="wrong")
    jane.send("/account/email", newEmail=NEW_EMAIL, password=B2C_PASSWORD)
    jane.follow()
    for path in ("/account", "/account/email", "/account/email/hide"):
        jane.get(path)
    jane.get("/account/security")
    social = SocialIdentity(issuer="https://issuer.example.com/", subject="1", sid=None)
    change_who(shop, jane, lambda who: replace(who, social=social))
    jane.get("/account/security")
    jane.get("/account/logins")
    jane.send("/account/logins", email=B2B_EMAIL, password=PASSWORD)
    with answering(shop, empty(403), "add_login"):
        jane.send("/account/logins", email=OTHER_EMAIL, password=PASSWORD)
    jane.get("/account/logins")
    jane.send("/account/logins", email=OTHER_EMAIL, password=PASSWORD)
    jane.follow()


def devices(shop: Shop) -> None:
    """End one device, one that is gone, all others, and none."""
    jane = signed_in(shop)
    for others in (0, 1, 3):
        for _ in range(others):
            visitor(shop).sign_in()
        jane.get("/account/security")
        jane.get(DEVICES)
        jane.get(f"{DEVICES}/end-others")
        jane.send(f"{DEVICES}/end-others")
        jane.follow()
    visitor(shop, User_Agent=FIREFOX_ON_WINDOWS).sign_in()
    here = next(form.action for form in jane.get(DEVICES).forms if form.action.endswith("/end"))
    jane.get(here)
    jane.send(here)
    jane.follow()
    jane.get(here)
    jane.follow()


def drafts(shop: Shop) -> None:
    """Lose the session while something is typed, and find it again."""
    for why in (*Ended, None):
        jane = signed_in(shop)
        jane.get("/account/addresses/new")
        _end_session(shop, jane, why)
        jane.send("/account/addresses/new", contactName="Jane Doe", city=TYPED_CITY)
        if why is None:
            # Nothing is known of a customer: the entries stand in the page that comes back.
            jane.get("/login")
        else:
            jane.follow()
        jane.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
        jane.follow()


def _end_session(shop: Shop, somebody: PageBrowser, why: Ended | None) -> None:
    sid = _cookie(somebody).sid
    for key in [key for key in shop.redis.scan_iter() if sid.encode() in key]:
        shop.redis.delete(key)
    if why is not None:
        shop.redis.set(f"bff:{{{sid}}}:ended", why.value, ex=60)


def links(shop: Shop) -> None:
    """Ask for each kind of mail; open, use and use once more what came."""
    for somebody in (visitor(shop), signed_in(shop)):
        somebody.get("/password/forgot")
        somebody.send("/password/forgot", email=B2B_EMAIL)
        somebody.follow()
        _use(shop, somebody, Purpose.PASSWORD_RESET, password=B2B_PASSWORD)
        somebody.get("/signup/resend")
        somebody.send("/signup/resend", email=NOBODY)
        somebody.follow()
    sign_up(shop, leads_to="/signup?sent=1")
    _use(shop, signed_in(shop), Purpose.OPTIN)
    jane, address = signed_in(shop), B2C_EMAIL
    for somebody in (jane, visitor(shop)):
        wanted = NEW_EMAIL if address == B2C_EMAIL else B2C_EMAIL
        jane.get("/account/email")
        jane.send("/account/email", newEmail=wanted, password=B2C_PASSWORD)
        jane.follow()
        _use(shop, somebody, Purpose.EMAIL_CHANGE)
        address = wanted
        jane = signed_in(shop, address)


def _use(shop: Shop, somebody: PageBrowser, purpose: Purpose, **entries: str) -> None:
    link = shop.sandbox.mails.last(purpose).link.removeprefix("http://127.0.0.1:8000")
    action = link.partition("?")[0]
    for _ in range(2):
        somebody.get(link)
        somebody.send(action, **entries)
        somebody.follow()
        if somebody.status == 422:
            return


def asks_all(shop: Shop) -> None:
    """Sign up where the shop asks for all it can; get it all wrong, see another country's fields."""
    somebody = visitor(shop)
    somebody.get("/signup")
    somebody.send("/signup", companyRegistrationId="1", signInEmail="x", street="Rynek", contactPhone="?", zipCode="x")
    entries = {name: str(value or "") for name, value in somebody.page.form("/signup").values.items()}
    somebody.post("/signup", {**entries, "country": "DE", "changeCountry": "y"})
    somebody.send("/signup", country="", contactName="Jane Doe", phone="x" * 300)


def sign_up(shop: Shop, *, leads_to: str) -> None:
    """Create an account, try one that is there already, and sign in before the link was opened."""
    somebody = visitor(shop)
    for email in (OTHER_EMAIL if shop.services.settings.social is None else THIRD_EMAIL, B2C_EMAIL):
        somebody.get("/signup")
        somebody.send("/signup", firstName="Jane", lastName="Doe", email=email, password=PASSWORD)
        if email != B2C_EMAIL:
            assert somebody.location == leads_to, (somebody.status, somebody.location, somebody.page.words)
            somebody.follow()
            _log_in(visitor(shop), email, PASSWORD)


def deletion(shop: Shop) -> None:
    """Ask for the account's deletion, and open the link that came."""
    jane = signed_in(shop)
    jane.get("/account/delete")
    jane.send("/account/delete")
    with answering(shop, empty(403), "delete_me"):
        jane.send("/account/delete", understood=True)
    jane.get("/account/delete")
    jane.send("/account/delete", understood=True)
    jane.follow()
    change_who(shop, jane, lambda who: replace(who, customer=replace(who.customer, email=None)))
    jane.get("/account/delete")
    jane.send("/account/delete", understood=True)
    jane.follow()
    link = shop.sandbox.mails.last(Purpose.ACCOUNT_DELETION).link.removeprefix("http://127.0.0.1:8000")
    visitor(shop).get("/account/delete/confirm")
    somebody = visitor(shop)
    somebody.get(link)
    somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    somebody.follow()
    jane.get("/account/delete/confirm?token=x")
    jane.send("/account/delete/confirm")


def too_often(shop: Shop) -> None:
    """Try once more than the shop allows: a password that has to wait a minute, a mail that has to wait an hour."""
    for path, entries in (("/login", {"password": "wrong"}), ("/password/forgot", {})):
        for _ in range(2):
            somebody = visitor(shop)
            somebody.get(path)
            somebody.send(path, email=B2C_EMAIL, **entries)


ALL: tuple[Callable[[Shop], None], ...] = (
    notices,
    addresses,
    countries,
    profile,
    orders,
    company,
    credentials,
    devices,
    drafts,
    links,
    deletion,
)
"""In an order in which none takes from the next what it needs; the rest depends on how the shop is set up."""
