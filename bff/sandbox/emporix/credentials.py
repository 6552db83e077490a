"""Credentials: passwords and sign-in e-mails.

Whether a change ends the customer's sessions is not documented: here it ends none.
"""

from __future__ import annotations

from bff.sandbox.bodies import read_body, text
from bff.sandbox.documents import touched
from bff.sandbox.emporix.schemas import (
    CHANGE_EMAIL_REQUEST,
    PASSWORD_CHANGE,
    PASSWORD_RESET_REQUEST,
    PASSWORD_UPDATE,
    UPDATE_EMAIL,
)
from bff.sandbox.mails import MailedToken, Purpose
from bff.sandbox.replies import Reply, invalid_field
from bff.sandbox.state import Customer, Login, Password
from bff.sandbox.world import Call, World


def request_password_reset(world: World, call: Call) -> Reply:
    """Mail a token to the customer who signs in with this e-mail; the answer does not tell whether there is one."""
    email = text(read_body(call, PASSWORD_RESET_REQUEST), "email")
    if found := world.state.by_login(call.tenant, email):
        customer, used = found
        world.mails.send(Purpose.PASSWORD_RESET, to=used.email, customer_id=customer.id, login_key=used.key)
    return Reply(status=204)


def reset_password(world: World, call: Call) -> Reply:
    """Set a password by a mailed token; older ones die with it."""
    body = read_body(call, PASSWORD_UPDATE)
    customer, used = _mailed_to(world, world.mails.find(Purpose.PASSWORD_RESET, text(body, "token")))
    _set_password(used, text(body, "password"))
    world.mails.kill(customer.id, Purpose.PASSWORD_RESET)
    return Reply(status=204)


def change_password(world: World, call: Call) -> Reply:
    """Set a password by the current one."""
    body = read_body(call, PASSWORD_CHANGE)
    customer = call.customer(world)
    with_password = [one for one in customer.logins if one.password is not None]
    used = next((one for one in with_password if one.key == call.token.grant.login_key), None)
    used = used or next(iter(with_password), None)
    if used is None or not _matches(used, text(body, "currentPassword")):
        raise invalid_field("currentPassword", "The current password is not correct.")
    _set_password(used, text(body, "newPassword"))
    return Reply(status=204)


def change_email(world: World, call: Call) -> Reply:
    """Mail a token to the new address."""
    body = read_body(call, CHANGE_EMAIL_REQUEST)
    customer, new_email = call.customer(world), text(body, "newEmail")
    found = world.state.by_login(call.tenant, text(body, "email"))
    if found is None or found[0] is not customer:
        raise invalid_field("email", "This is not an e-mail that the customer signs in with.")
    used = found[1]
    if not _matches(used, text(body, "password")):
        raise invalid_field("password", "The password is not correct.")
    _demand_free(world, customer, new_email)
    world.mails.send(
        Purpose.EMAIL_CHANGE,
        to=new_email,
        customer_id=customer.id,
        login_key=used.key,
        new_email=new_email,
        sync_contact_email=body.get("syncContactEmail") is True,
    )
    return Reply(status=204)


def confirm_email(world: World, call: Call) -> Reply:
    """Change the sign-in e-mail by a mailed token; older ones die with it."""
    mailed = world.mails.find(Purpose.EMAIL_CHANGE, text(read_body(call, UPDATE_EMAIL), "token"))
    customer, used = _mailed_to(world, mailed)
    new_email = mailed.new_email or ""
    _demand_free(world, customer, new_email)
    if customer.account_email == used.email:
        customer.account_email = new_email
    used.email = new_email
    if mailed.sync_contact_email:
        customer.document = touched(customer.document, {"contactEmail": new_email})
    world.mails.kill(customer.id, Purpose.EMAIL_CHANGE)
    return Reply(status=204)


def _mailed_to(world: World, mailed: MailedToken) -> tuple[Customer, Login]:
    customer = world.state.customers.get(mailed.customer_id)
    used = customer.login(mailed.login_key) if customer is not None else None
    if customer is None or used is None:
        raise invalid_field("token", "The token is not valid.")
    return customer, used


def _demand_free(world: World, customer: Customer, email: str) -> None:
    # POST-customer-change-customer-login-email and POST-customer-confirm-customer-login-email list no 409.
    if world.state.is_taken(customer.tenant, email, wanted_by=customer):
        raise invalid_field("newEmail", "This e-mail cannot be used.")


def _matches(login: Login, password: str) -> bool:
    return login.password is not None and login.password.matches(password)


def _set_password(login: Login, password: str) -> None:
    login.password = Password.of(password)
    login.initial_password = False
