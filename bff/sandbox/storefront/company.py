"""A company and its people: legal entities, groups with their users, and the profiles of colleagues."""

from __future__ import annotations

import secrets
from typing import Final

from bff.sandbox.bearer import BearerKind
from bff.sandbox.bodies import JSON, MERGE_PATCH, Field, Kind, read_body, text
from bff.sandbox.documents import written
from bff.sandbox.emporix.grants import scope
from bff.sandbox.emporix.profile import profile_of
from bff.sandbox.emporix.schemas import CUSTOMER_UPDATE
from bff.sandbox.mails import Purpose
from bff.sandbox.replies import JsonObject, Reply, duplicate_account, forbidden, invalid_field, not_found
from bff.sandbox.state import Customer, LegalEntity, new_login
from bff.sandbox.storefront.goods import STOCKED
from bff.sandbox.storefront.listing import listed, searched
from bff.sandbox.storefront.localized import Localized
from bff.sandbox.storefront.localized import text as localized
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.serving import CUSTOMER, serve
from bff.sandbox.storefront.state import Shop, new_id
from bff.sandbox.world import Call, World

_GROUPS: Final[dict[str, Localized]] = {
    "admins": localized("Administrators", "Verwaltung"),
    "buyers": localized("Buyers", "Einkauf"),
}
_ENTITY_FILTERS = ("id", "name", "type", "parentId", "legalInfo.legalName", "legalInfo.countryOfRegistration")
_MEMBER = {"userId": Field(required=True), "userType": Field()}
_CREATE = {
    **CUSTOMER_UPDATE,
    "contactEmail": Field(required=True, min_length=3),
    "password": Field(min_length=1),
    "active": Field(kind=Kind.FLAG),
}
_REPLACE = {**CUSTOMER_UPDATE, "active": Field(kind=Kind.FLAG), "onHold": Field(kind=Kind.FLAG)}
_METADATA: Final[JsonObject] = {"version": 1, "createdAt": STOCKED, "modifiedAt": STOCKED}


def _entities(world: World, call: Call) -> tuple[LegalEntity, ...]:
    """Return the companies that the token is for: the one that it names, else all of the customer's."""
    bound, all_of_them = call.token.grant.legal_entity_id, call.customer(world).legal_entities
    return tuple(one for one in all_of_them if bound in (None, one.id))


def colleagues_of(world: World, call: Call) -> list[Customer]:
    """List the customers of the same company, the bearer's owner among them."""
    own, wanted = call.customer(world), {one.id for one in _entities(world, call)}
    return [
        one
        for one in world.state.customers.values()
        if one is own or (one.tenant == call.tenant and wanted & {entity.id for entity in one.legal_entities})
    ]


def _entity(one: LegalEntity) -> JsonObject:
    return {
        "id": one.id,
        "name": one.name,
        "type": "COMPANY",
        "legalInfo": {"legalName": one.name, "countryOfRegistration": "DE", "registrationId": f"HRB-{one.id}"},
        "customerGroups": [{"id": _group_id(name, one.id), "name": name} for name in _GROUPS],
        "entitiesAddresses": [],
        "restrictions": [],
        "metadata": _METADATA,
    }


def _list_entities(world: World, call: Call) -> Reply:
    return listed(call, map(_entity, _entities(world, call)), filters=_ENTITY_FILTERS)


def _search_entities(world: World, call: Call) -> Reply:
    return searched(call, map(_entity, _entities(world, call)), filters=_ENTITY_FILTERS)


def _get_user(world: World, call: Call) -> Reply:
    customer = call.customer(world)
    groups = [id for id in _own_groups(world, call) if customer.id in _members(world, call, id)]
    names = ("firstName", "lastName", "preferredSite", "preferredCurrency", "preferredLanguage")
    return Reply(
        body={
            "id": customer.id,
            **{name: customer.document.get(name, "") for name in names},
            "contactEmail": customer.contact_email,
            "status": "ACTIVE",
            "isAccountLocked": False,
            "groupIds": groups,
        }
    )


def _get_scopes(world: World, call: Call) -> Reply:
    return Reply(body={"userId": call.customer(world).id, "scopes": scope(BearerKind.CUSTOMER, call.tenant)})


def _group_id(name: str, entity_id: str) -> str:
    return f"{name}-{entity_id}"


def _own_groups(world: World, call: Call) -> dict[str, tuple[str, str]]:
    """Return name and legal entity of the groups of the companies, by id."""
    return {_group_id(name, one.id): (name, one.id) for one in _entities(world, call) for name in _GROUPS}


def _list_groups(world: World, call: Call) -> Reply:
    groups: list[JsonObject] = [
        {
            "id": id,
            "name": _GROUPS[name],
            "description": _GROUPS[name],
            "code": name.upper(),
            "userType": "CUSTOMER",
            "b2b": {"legalEntityId": entity_id},
            "accessControls": [],
            "metadata": _METADATA,
        }
        for id, (name, entity_id) in _own_groups(world, call).items()
    ]
    return listed(call, groups, filters=("name", "description", "userType"))


def _members(world: World, call: Call, group_id: str) -> dict[str, JsonObject]:
    """Return the users of a group; those of the company begin as its administrators."""
    shop: Shop = world.shops.of(call.tenant)
    if group_id not in shop.members:
        first = colleagues_of(world, call) if group_id.startswith("admins-") else []
        shop.members[group_id] = {one.id: _member(group_id, one.id) for one in first}
    return shop.members[group_id]


def _member(group_id: str, user_id: str) -> JsonObject:
    return {"id": new_id(), "groupId": group_id, "userId": user_id, "userType": "CUSTOMER"}


def _named_group(world: World, call: Call) -> dict[str, JsonObject]:
    id = call.path["groupId"]
    if id not in _own_groups(world, call):
        raise not_found(f"Group {id} not found.")
    return _members(world, call, id)


def _list_group_users(world: World, call: Call) -> Reply:
    return listed(call, _named_group(world, call).values())


def _add_group_user(world: World, call: Call) -> Reply:
    user_id, members = text(read_body(call, _MEMBER), "userId"), _named_group(world, call)
    if user_id not in {one.id for one in colleagues_of(world, call)}:
        raise not_found(f"User {user_id} not found.")
    added = members.setdefault(user_id, _member(call.path["groupId"], user_id))
    return Reply(status=201, body={"id": added["id"]})


def _delete_group_user(world: World, call: Call) -> Reply:
    if _named_group(world, call).pop(call.path["userId"], None) is None:
        raise not_found(f"User {call.path['userId']} not found.")
    return Reply(status=204)


def _profile(customer: Customer, call: Call) -> JsonObject:
    expand = call.query.get("expand", "").split(",")
    return {**profile_of(customer, with_addresses="addresses" in expand), "active": True, "onHold": False}


def _list_customers(world: World, call: Call) -> Reply:
    profiles = [_profile(one, call) for one in colleagues_of(world, call)]
    return listed(call, profiles, total_header="Count", wants_total=True)


def _search_customers(world: World, call: Call) -> Reply:
    profiles = [_profile(one, call) for one in colleagues_of(world, call)]
    return searched(call, profiles, total_header="Count", wants_total=True)


def _named(world: World, call: Call) -> Customer:
    for one in colleagues_of(world, call):
        if one.id == call.path["customerNumber"]:
            return one
    raise not_found(f"Customer {call.path['customerNumber']} not found.")


def _get_customer(world: World, call: Call) -> Reply:
    return Reply(body=_profile(_named(world, call), call))


def _create_customer(world: World, call: Call) -> Reply:
    body = read_body(call, _CREATE)
    entities = _entities(world, call)
    if not entities:
        raise forbidden("Only a company adds customers.")
    email = text(body, "contactEmail")
    if world.state.is_taken(call.tenant, email):
        raise duplicate_account(email, call.tenant)
    password = text(body, "password") or secrets.token_urlsafe(24)
    document = {name: value for name, value in body.items() if name not in {"password", "active", "metadata"}}
    made = world.state.add_customer(
        tenant=call.tenant,
        email=email,
        document=document,
        logins=[new_login(email, password=password, initial_password=True)],
        legal_entities=entities,
    )
    _notify(world, call, made)
    return Reply(status=201, body={"id": made.id})


def _replace_customer(world: World, call: Call) -> Reply:
    body = read_body(call, _REPLACE)
    customer = _named(world, call)
    if text(body, "contactEmail") not in {"", customer.contact_email}:
        raise invalid_field("contactEmail", "The e-mail is changed by its owner.")
    customer.document = written(customer.document, body, merge=False)
    _notify(world, call, customer)
    return Reply(status=204)


def _update_customer(world: World, call: Call) -> Reply:
    merge = call.media_type == MERGE_PATCH
    body = read_body(call, _REPLACE, media_types=(JSON, MERGE_PATCH), nullable=merge)
    customer = _named(world, call)
    new = written(customer.document, body, merge=merge)
    if text(new, "contactEmail") != text(customer.document, "contactEmail"):
        raise invalid_field("contactEmail", "The e-mail is changed by its owner.")
    customer.document = new
    return Reply()


def _delete_customer(world: World, call: Call) -> Reply:
    customer = _named(world, call)
    if customer is call.customer(world):
        raise forbidden("Nobody deletes themselves here.")
    del world.state.customers[customer.id]
    world.tokens.forget_customer(customer.id)
    world.mails.kill(customer.id)
    return Reply(status=202)


def _notify(world: World, call: Call, customer: Customer) -> None:
    if call.query.get("sendPasswordResetNotifications", "").lower() == "true":
        used = customer.logins[0]
        world.mails.send(Purpose.PASSWORD_RESET, to=used.email, customer_id=customer.id, login_key=used.key)


_ENTITIES = "/customer-management/{tenant}/legal-entities"
_IAM = "/iam/{tenant}"
_GROUP_USERS = f"{_IAM}/groups/{{groupId}}/users"
_GROUP_USER = f"{_GROUP_USERS}/{{userId}}"
_CUSTOMERS = "/customer/{tenant}/customers"
_ONE = f"{_CUSTOMERS}/{{customerNumber}}"
SERVED = (
    serve(StorefrontOperation.LEGAL_ENTITIES, "GET", _ENTITIES, CUSTOMER, _list_entities),
    serve(StorefrontOperation.LEGAL_ENTITIES_SEARCH, "POST", f"{_ENTITIES}/search", CUSTOMER, _search_entities),
    serve(StorefrontOperation.COMPANY_USER, "GET", f"{_IAM}/users/me", CUSTOMER, _get_user),
    serve(StorefrontOperation.COMPANY_USER_SCOPES, "GET", f"{_IAM}/users/me/scopes", CUSTOMER, _get_scopes),
    serve(StorefrontOperation.COMPANY_GROUPS, "GET", f"{_IAM}/groups", CUSTOMER, _list_groups),
    serve(StorefrontOperation.COMPANY_GROUP_USERS, "GET", _GROUP_USERS, CUSTOMER, _list_group_users),
    serve(StorefrontOperation.COMPANY_GROUP_USER_ADD, "POST", _GROUP_USERS, CUSTOMER, _add_group_user),
    serve(StorefrontOperation.COMPANY_GROUP_USER_DELETE, "DELETE", _GROUP_USER, CUSTOMER, _delete_group_user),
    serve(StorefrontOperation.CUSTOMERS, "GET", _CUSTOMERS, CUSTOMER, _list_customers),
    serve(StorefrontOperation.CUSTOMERS_SEARCH, "POST", f"{_CUSTOMERS}/search", CUSTOMER, _search_customers),
    serve(StorefrontOperation.CUSTOMER, "GET", _ONE, CUSTOMER, _get_customer),
    serve(StorefrontOperation.CUSTOMER_CREATE, "POST", _CUSTOMERS, CUSTOMER, _create_customer),
    serve(StorefrontOperation.CUSTOMER_REPLACE, "PUT", _ONE, CUSTOMER, _replace_customer),
    serve(StorefrontOperation.CUSTOMER_UPDATE, "PATCH", _ONE, CUSTOMER, _update_customer),
    serve(StorefrontOperation.CUSTOMER_DELETE, "DELETE", _ONE, CUSTOMER, _delete_customer),
)
