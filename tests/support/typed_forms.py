"""Pages with a form, what somebody types into each, and whether it is still there."""

from __future__ import annotations

from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.state import Customer
from tests.support.pages import TO_ULM, Page, PageBrowser, customer, reveal_nothing_of, visitor
from tests.support.shop import Shop

TYPED = "typed canary"
SECRET = "Typed-Secret-77"
NEW = "/account/addresses/new"
OF_A_CUSTOMER: dict[str, dict[str, str]] = {
    "/account": {"firstName": TYPED},
    NEW: {**TO_ULM, "contactName": TYPED},
    "ADDRESS": {"contactName": TYPED},
    "ADDRESS/tags": {"tags": TYPED},
    "/account/email": {"newEmail": "typed-canary@example.com", "password": SECRET},
    "/account/password": {"currentPassword": SECRET, "newPassword": SECRET + "x"},
}
OF_ANYBODY: dict[str, dict[str, str]] = {
    "/login": {"email": "typed-canary@example.com", "password": SECRET},
    "/signup": {"firstName": TYPED, "lastName": "Doe", "email": "typed-canary@example.com", "password": SECRET},
    "/signup/resend": {"email": "typed-canary@example.com"},
    "/password/forgot": {"email": "typed-canary@example.com"},
}
EVERY = {**OF_A_CUSTOMER, **OF_ANYBODY}


def jane(shop: Shop) -> Customer:
    return next(one for one in shop.sandbox.state.customers.values() if one.account_email == B2C_EMAIL)


def opened(shop: Shop, path: str) -> tuple[PageBrowser, str]:
    """Return somebody who has a page's form before them, and its real path."""
    somebody = customer(shop) if path in OF_A_CUSTOMER else visitor(shop)
    path = path.replace("ADDRESS", f"/account/addresses/{next(iter(jane(shop).addresses))}")
    somebody.open_form(path)
    assert somebody.status == 200
    return somebody, path


def kept(page: Page, path: str, entries: dict[str, str]) -> None:
    """Assert that a page holds what was typed, and no password."""
    values = page.form(path).values
    for name, value in entries.items():
        assert values[name] == ("" if value.startswith(SECRET) else value)
    reveal_nothing_of(page, SECRET)
