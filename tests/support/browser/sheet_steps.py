"""How to get to see what contact sheets alone show: countries' forms, what is told afterwards, what is seldom seen."""

from __future__ import annotations

from dataclasses import replace

from bff.factory import create_app
from bff.sandbox.faults import Fault
from bff.sandbox.mails import Purpose
from bff.sessions.model import SocialIdentity
from bff.web.errors import Fault as WebFault
from bff.web.rendering import render
from tests.support.browser.storefront import PASSWORD, fresh_email
from tests.support.browser.view_steps import Steps, deletion_signed_in
from tests.support.browser.visitor import Visitor
from tests.support.fakes.answers import empty

_GOOGLE = SocialIdentity(issuer="http://127.0.0.1:1/", subject="x", sid=None)


def social_account(visitor: Visitor) -> None:
    """Have come by the identity provider, to an account without a password."""
    visitor.become(visitor.store.customer())
    visitor.store.change_who(visitor.cookie, lambda who: replace(who, social=_GOOGLE))
    visitor.open("/account")


def address_changed_elsewhere(visitor: Visitor) -> None:
    email = visitor.store.customer()
    visitor.become(email)
    address_id = visitor.store.address_id(email, "Rynek")
    visitor.open(f"/account/addresses/{address_id}")
    stored = visitor.store.stored(email).addresses[address_id]
    stored |= {"city": "Poznan", "metadata": {"mixins": {}, "version": 2}}
    visitor.press("Save the address")


def address_form_of(country: str) -> Steps:
    """Open the form of a new address in a country."""

    def steps(visitor: Visitor) -> None:
        visitor.open("/account/addresses/new")
        if visitor.field("Country").input_value() != country:
            with visitor.page.expect_navigation():
                visitor.field("Country").select_option(country)

    return steps


def doubtful_address(visitor: Visitor) -> None:
    _fill_address(visitor)
    visitor.fill("Postal code", "1101")
    visitor.press("Save the address")


def addresses_of_the_world(visitor: Visitor) -> None:
    """See addresses of countries that write them otherwise, and one that lacks nearly all."""
    email = visitor.store.customer()
    customer = visitor.store.stored(email)
    for country, street, number, postcode, city, state in (
        ("GB", "Great George Street", "1", "SW1P 3AA", "London", ""),
        ("US", "First Street SE", "1", "20543", "Washington", "DC"),
        ("JP", "永田町1丁目10-1", "", "100-8924", "千代田区", "東京都"),
        ("IL", "רוטשילד", "1", "91950", "ירושלים", ""),
        ("FR", "Rue de l'Université", "126", "75007", "Paris", ""),
        ("DE", "", "", "", "", ""),
    ):
        address = {"contactName": "Jane Doe", "street": street, "streetNumber": number, "zipCode": postcode}
        address |= {"city": city, "state": state, "country": country, "contactPhone": "+49 30 123456"}
        visitor.store.sandbox.state.add_address(customer, {name: text for name, text in address.items() if text})
    visitor.become(email)
    visitor.open("/account/addresses")


def address_added(visitor: Visitor) -> None:
    _fill_address(visitor)
    visitor.press("Save the address")


def address_not_taken(visitor: Visitor) -> None:
    _fill_address(visitor)
    visitor.store.sandbox.faults.add("add_address", Fault(answer=empty(503)))
    visitor.press("Save the address")
    visitor.store.sandbox.faults.clear()


def _fill_address(visitor: Visitor) -> None:
    address_form_of("DE")(visitor)
    visitor.fill("Full name", "Jane Doe")
    visitor.fill("Street", "Platz der Republik")
    visitor.fill("House number", "1")
    visitor.fill("Postal code", "11011")
    visitor.fill("Town or city", "Berlin")


def home_away(visitor: Visitor) -> None:
    visitor.store.sandbox.faults.add("get_me", Fault(answer=empty(503)))
    visitor.open("/")
    visitor.store.sandbox.faults.clear()


def long_names(visitor: Visitor) -> None:
    email = visitor.store.customer(companies=True)
    customer = visitor.store.stored(email)
    customer.document |= {"firstName": "Maximiliane-Friederike", "lastName": "von Wolfeschlegelsteinhausen"}
    visitor.become(email)
    visitor.open("/")


def other_language(visitor: Visitor) -> None:
    """Choose the language that the browser does not ask for."""
    visitor.open("/login")
    other = visitor.page.locator("ul.languages button:not([aria-current])").first
    with visitor.page.expect_navigation():
        other.click()


def company_chosen(visitor: Visitor) -> None:
    visitor.open("/account/company")
    visitor.page.get_by_label("Example Logistics").check()
    visitor.press("Save")


def unreadable_profile(visitor: Visitor) -> None:
    email = visitor.store.customer()
    visitor.store.stored(email).document |= {"contactPhone": 7, "preferredLanguage": ["de"]}
    visitor.become(email)
    visitor.open("/account")


def profile_errors(visitor: Visitor) -> None:
    visitor.open("/account?change=name&change=email")
    visitor.fill("First name", "x" * 300)
    visitor.fill("E-mail for messages", "nobody")
    visitor.press("Save")


def profile_not_taken(visitor: Visitor) -> None:
    visitor.open("/account?change=name")
    visitor.fill("Last name", "Roe")
    visitor.store.sandbox.faults.add("update_me", Fault(answer=empty(503)))
    visitor.press("Save")
    visitor.store.sandbox.faults.clear()


def social_security(visitor: Visitor) -> None:
    social_account(visitor)
    visitor.open("/account/security")


def activated(visitor: Visitor) -> None:
    email = fresh_email()
    visitor.open("/signup")
    visitor.fill("First name", "Jane")
    visitor.fill("Last name", "Doe")
    visitor.fill("E-mail address", email)
    visitor.fill("Create a password", PASSWORD)
    visitor.press("Create an account")
    visitor.open(visitor.store.mailed_link(Purpose.OPTIN, email))
    visitor.press("Activate your account")


def password_reset(visitor: Visitor) -> None:
    email = visitor.store.customer()
    visitor.open("/password/forgot")
    visitor.fill("E-mail address", email)
    visitor.press("Send the link")
    visitor.open(visitor.store.mailed_link(Purpose.PASSWORD_RESET, email))
    visitor.fill("New password", "Copper-Lantern-71")
    visitor.press("Set the password")


def _ask_for_new_email(visitor: Visitor) -> str:
    """Ask for another sign-in e-mail; return the link that is mailed."""
    visitor.become(visitor.store.customer())
    email = fresh_email()
    visitor.open("/account/email")
    visitor.fill("New e-mail address", email)
    visitor.fill("Current password", PASSWORD)
    visitor.press("Send the link")
    return visitor.store.mailed_link(Purpose.EMAIL_CHANGE, email)


def email_confirmed(visitor: Visitor) -> None:
    visitor.open(_ask_for_new_email(visitor))
    visitor.press("Confirm the address")


def email_confirmed_elsewhere(visitor: Visitor) -> None:
    link = _ask_for_new_email(visitor)
    visitor.context.clear_cookies()
    visitor.open(link)
    visitor.press("Confirm the address")


def deleted(visitor: Visitor) -> None:
    deletion_signed_in(visitor)
    visitor.press("Delete my account")


def failure(fault: WebFault) -> Steps:
    """Show a page of a fault that hardly anything leads to; the shop serves it its style and script."""

    def steps(visitor: Visitor) -> None:
        shop = visitor.store.services
        language = visitor.page.evaluate("navigator.language")
        with create_app(shop.settings, shop).test_request_context(headers={"Accept-Language": language}):
            html = render("error.html", fault=fault, request_id="0123456789abcdef").get_data(as_text=True)
        visitor.page.route("**/failure", lambda route: route.fulfill(body=html, content_type="text/html"))
        visitor.open("/failure")

    return steps
