"""Sign-up, and the double opt-in that may follow it."""

from __future__ import annotations

from bff.sandbox.bodies import nested, read_body, text
from bff.sandbox.emporix.grants import customer_reply, saas_token, sign_in
from bff.sandbox.emporix.schemas import CUSTOMER_SIGNUP, REFRESH_TOKEN
from bff.sandbox.mails import Purpose
from bff.sandbox.replies import Detail, JsonObject, Reply, duplicate_account, invalid, invalid_field
from bff.sandbox.settings import SignupMode
from bff.sandbox.state import AccountStatus, Customer, new_login
from bff.sandbox.world import Call, World

_STATUS = {
    SignupMode.OPTIN: AccountStatus.AWAITS_OPTIN,
    SignupMode.IMMEDIATE: AccountStatus.ACTIVE,
    SignupMode.APPROVAL: AccountStatus.AWAITS_APPROVAL,
}
_DEFAULTS: JsonObject = {
    "preferredLanguage": "en_US",
    "preferredCurrency": "USD",
    "preferredSite": "main",
}


def signup(world: World, call: Call) -> Reply:
    """Store a new customer, who is not signed in by that."""
    body = read_body(call, CUSTOMER_SIGNUP)
    email, details = text(body, "email"), nested(body, "customerDetails")
    contact = text(details, "contactEmail") or email
    if contact.casefold() != email.casefold():
        raise invalid_field("customerDetails.contactEmail", "contactEmail has to be the same as email.")
    demand_company_details(details, prefix="customerDetails.")
    credentials = nested(body, "signup") or {"email": email, "password": text(body, "password")}
    for taken in (email, text(credentials, "email")):
        if world.state.is_taken(call.tenant, taken):
            raise duplicate_account(taken, call.tenant)
    customer = world.state.add_customer(
        tenant=call.tenant,
        email=email,
        document={**_DEFAULTS, **details, "contactEmail": email},
        logins=[new_login(text(credentials, "email"), password=text(credentials, "password"))],
        status=_STATUS[world.settings.signup],
    )
    if address := nested(body, "customerAddress"):
        world.state.add_address(customer, address, is_default=address.get("isDefault") is True)
    if customer.status is AccountStatus.AWAITS_OPTIN:
        _mail_optin(world, customer)
    return Reply(status=201, body={"id": customer.id})


def signup_optin(world: World, call: Call) -> Reply:
    """Activate the account that a mailed token belongs to, and sign its owner in."""
    mailed = world.mails.find(Purpose.OPTIN, call.path["token"])
    customer = world.state.customers[mailed.customer_id]
    customer.status = AccountStatus.ACTIVE
    world.mails.kill(customer.id, Purpose.OPTIN)
    tokens = sign_in(world, customer, customer.logins[0], session_id=call.token.grant.session_id)
    saas = saas_token(world, customer, tokens.access)
    return Reply(body=customer_reply(world, tokens, saas=saas, with_session_id=False))


def resend_optin(world: World, call: Call) -> Reply:
    """Mail a new token if an account waits for one; the answer does not tell."""
    body = read_body(call, REFRESH_TOKEN)
    customer = world.state.by_email(call.tenant, text(body, "email"))
    if customer is not None and customer.status is AccountStatus.AWAITS_OPTIN:
        world.mails.kill(customer.id, Purpose.OPTIN)
        _mail_optin(world, customer)
    return Reply(status=202)


def demand_company_details(document: JsonObject, *, prefix: str = "") -> None:
    """Make sure that a profile with a company's registration also names the company and a person.

    :raises Refused: 400: properties are missing, each named in the details
    """
    if not text(nested(document, "b2b"), "companyRegistrationId"):
        return
    missing = [name for name in ("firstName", "lastName", "company") if not text(document, name)]
    if missing:
        because = "is required with b2b.companyRegistrationId"
        raise invalid(
            *(Detail(field=prefix + name, type="missing_value", message=f"{name} {because}.") for name in missing)
        )


def _mail_optin(world: World, customer: Customer) -> None:
    world.mails.send(Purpose.OPTIN, to=customer.account_email, customer_id=customer.id)
