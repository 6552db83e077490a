"""Addresses of a customer, and the tags on them."""

from __future__ import annotations

from bff.sandbox.bodies import read_body
from bff.sandbox.documents import touched, written
from bff.sandbox.emporix.schemas import ADDRESS_CREATE, ADDRESS_UPDATE
from bff.sandbox.replies import JsonObject, Reply, invalid_field, not_found
from bff.sandbox.state import Customer
from bff.sandbox.world import Call, World


def list_addresses(world: World, call: Call) -> Reply:
    """Show all of them."""
    return Reply(body=list(call.customer(world).addresses.values()))


def add_address(world: World, call: Call) -> Reply:
    """Store a new one, which is never the default."""
    body = read_body(call, ADDRESS_CREATE)
    return Reply(status=201, body={"id": world.state.add_address(call.customer(world), body)})


def get_address(world: World, call: Call) -> Reply:
    """Show one."""
    _, address = _own(world, call)
    return Reply(body=address)


def update_address(world: World, call: Call) -> Reply:
    """Change one; to make it the default takes that from any other."""
    body = read_body(call, ADDRESS_UPDATE)
    customer, address = _own(world, call)
    new = written(address, body, merge=False)
    if new["isDefault"]:
        for other_id, other in customer.addresses.items():
            if other["isDefault"] and other_id != new["id"]:
                customer.addresses[other_id] = touched(other, {"isDefault": False})
    customer.addresses[str(new["id"])] = new
    return Reply()


def delete_address(world: World, call: Call) -> Reply:
    """Remove one."""
    customer, address = _own(world, call)
    del customer.addresses[str(address["id"])]
    return Reply(status=204)


def add_address_tags(world: World, call: Call) -> Reply:
    """Put tags on one; those it has already change nothing."""
    return _retag(world, call, remove=False)


def remove_address_tags(world: World, call: Call) -> Reply:
    """Take tags off one; those it does not have change nothing."""
    return _retag(world, call, remove=True)


def _retag(world: World, call: Call, *, remove: bool) -> Reply:
    named = [tag.strip() for tag in call.required("tags").split(",") if tag.strip()]
    if not named:
        raise invalid_field("tags", "The parameter tags names no tag.")
    customer, address = _own(world, call)
    stored = address["tags"]
    tags = [str(tag) for tag in stored] if isinstance(stored, list) else []
    new = [tag for tag in tags if tag not in named] if remove else list(dict.fromkeys([*tags, *named]))
    customer.addresses[str(address["id"])] = touched(address, {"tags": new})
    return Reply(status=204)


def _own(world: World, call: Call) -> tuple[Customer, JsonObject]:
    """Return the address that the path names; another customer's is as unknown as one that is not there."""
    customer, address_id = call.customer(world), call.path["addressId"]
    address = customer.addresses.get(address_id)
    if address is None:
        raise not_found(f"Address {address_id} of customer {customer.id} not found.")
    return customer, address
