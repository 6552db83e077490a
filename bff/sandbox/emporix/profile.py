"""Account and profile: read, change, delete; one more way to sign in."""

from __future__ import annotations

from bff.sandbox.bearer import BearerKind
from bff.sandbox.bodies import JSON, MERGE_PATCH, nested, read_body, text
from bff.sandbox.documents import written
from bff.sandbox.emporix.schemas import CUSTOMER_UPDATE, PASSWORD_AUTHENTICATION
from bff.sandbox.emporix.signup import demand_company_details
from bff.sandbox.mails import Purpose
from bff.sandbox.replies import JsonObject, Reply, duplicate_account, invalid_field
from bff.sandbox.state import Customer, Login, new_login
from bff.sandbox.world import Call, World

_ADDRESSES = "addresses"
_EXPANSIONS = {_ADDRESSES, "mixin:*"}
_ANONYMOUS: JsonObject = {
    "firstName": "Anonymous",
    "lastName": "Anonymous",
    "preferredSite": "default",
    "customerNumber": "00000000",
    "id": "00000000",
    "accounts": [],
}


def get_me(world: World, call: Call) -> Reply:
    """Show the customer; a guest is shown as one, too."""
    expand = {part.strip() for part in call.query.get("expand", "").split(",") if part.strip()}
    if unknown := sorted(expand - _EXPANSIONS):
        raise invalid_field("expand", f"'{unknown[0]}' cannot be expanded.")
    if call.token.grant.kind is BearerKind.ANONYMOUS:
        return Reply(body=dict(_ANONYMOUS))
    return Reply(body=profile_of(call.customer(world), with_addresses=_ADDRESSES in expand))


def update_me(world: World, call: Call) -> Reply:
    """Change the profile."""
    merge = call.media_type == MERGE_PATCH
    body = read_body(call, CUSTOMER_UPDATE, media_types=(JSON, MERGE_PATCH), nullable=merge)
    customer = call.customer(world)
    new = written(customer.document, body, merge=merge)
    if text(customer.document, "contactEmail") and not text(new, "contactEmail"):
        raise invalid_field("contactEmail", "contactEmail cannot be removed.")
    demand_company_details(new)
    customer.document = new
    return Reply()


def delete_me(world: World, call: Call) -> Reply:
    """Mail a token; with that token, delete the customer and everything it holds."""
    customer = call.customer(world)
    if "token" not in call.query:
        world.mails.send(Purpose.ACCOUNT_DELETION, to=customer.contact_email, customer_id=customer.id)
        return Reply(status=204)
    mailed = world.mails.find(Purpose.ACCOUNT_DELETION, call.query["token"])
    if mailed.customer_id != customer.id:
        raise invalid_field("token", "The token is not valid.")
    del world.state.customers[customer.id]
    world.tokens.forget_customer(customer.id)
    world.mails.kill(customer.id)
    return Reply(status=202)


def add_login(world: World, call: Call) -> Reply:
    """Give the customer an e-mail and password to sign in with."""
    body = read_body(call, PASSWORD_AUTHENTICATION)
    customer, email = call.customer(world), text(body, "email")
    if world.state.is_taken(call.tenant, email, wanted_by=customer):
        raise duplicate_account(email, call.tenant)
    customer.logins.append(new_login(email, password=text(body, "password")))
    return Reply(status=201, body={"id": customer.id})


def profile_of(customer: Customer, *, with_addresses: bool) -> JsonObject:
    """Return a customer as they see themselves, or their company does."""
    company = nested(customer.document, "b2b")
    is_business = bool(customer.legal_entities or company)
    shown: JsonObject = {
        **customer.document,
        "id": customer.id,
        "customerNumber": customer.id,
        "accounts": [_account(login) for login in customer.logins],
        "businessModel": "B2B" if is_business else "B2C",
    }
    if is_business:
        entities = [
            {"id": one.id, "name": one.name, "contactAssignmentId": one.contact_assignment_id}
            for one in customer.legal_entities
        ]
        shown["b2b"] = {**company, "legalEntities": entities}
    else:
        shown.pop("b2b", None)
    addresses = list(customer.addresses.values())
    if default := next((one for one in addresses if one["isDefault"]), None):
        shown["defaultAddress"] = default
    if with_addresses:
        shown["addresses"] = addresses
    if customer.last_login is not None:
        shown["lastLogin"] = customer.last_login
    return shown


def _account(login: Login) -> JsonObject:
    shown: JsonObject = {"id": login.email}
    if login.provider_id is not None:
        shown["providerId"] = login.provider_id
    return shown
