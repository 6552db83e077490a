"""schemathesis makes requests out of the API description, and finds nothing but what is listed with its reason.

It speaks to `bff serve` with the sandbox behind it, as a customer of its own, without limits, with a fixed seed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from bff.operations.schemas import NEW_PASSWORD, PASSWORD
from bff.sandbox.state import LegalEntity, new_login
from tests.support.api_description import Description
from tests.support.conformance.excused import OF_SHIPPED_SETS, REASONS, STALE, Seen, excuse_for
from tests.support.documents import ROOT
from tests.support.journeys.real_server import RealServer
from tests.support.shop import Shop, ShopMaker
from tests.support.storefront import every_set, written
from tests.web.api.test_openapi import METHODS

EMAIL = "jane.doe@example.com"
NEVER_DONE = {
    "confirmSignUp": "needs a mailed token",
    "confirmEmailChange": "needs a mailed token",
    "confirmDeletion": "needs a mailed token",
    "resetPassword": "needs a mailed token",
}
"""What cannot succeed here, with the reason."""
SOME = ("session", "me", "updateMe", "addAddress", "requestPasswordReset")
"""What each run of the tests goes through; tests/more goes through all."""
SOME_DECLARED = ("cart", "cartCreate", "orders")
LIMITS = ("LOGIN", "MAIL", "GUEST", "API")


def conformance(make_shop: ShopMaker, folder: Path, *options: str, **more: str) -> dict[str, Any]:
    """Run schemathesis, and return what it has seen.

    :param more: variables of the server's environment
    """
    sandbox, url = make_shop.sandbox()
    found = sandbox.state.by_login("demoshop", EMAIL)
    assert found is not None
    customer, _ = found
    customer.logins[:] = [new_login(EMAIL, password=PASSWORD)]
    customer.legal_entities = (LegalEntity(id="D165356", name="Example Trading", contact_assignment_id="D1"),)
    limits = {f"BFF_RATE_LIMIT_{name}": "off" for name in LIMITS}
    environment = make_shop.environment(url, BFF_LOG_LEVEL="warning", **limits, **more)
    seen = folder / "seen.json"
    with RealServer(environment, folder / "log") as server:
        told = {
            "SCHEMATHESIS_HOOKS": "tests.support.conformance.hooks",
            "CONFORMANCE_URL": server.url,
            "CONFORMANCE_EMAIL": EMAIL,
            "CONFORMANCE_PASSWORDS": f"{PASSWORD},{NEW_PASSWORD}",
            "CONFORMANCE_SEEN": str(seen),
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/api/openapi.json"]
        result = subprocess.run(
            [*command, "--checks", "all", "--seed", "1", "--continue-on-failure", "--no-color", *options],
            env={**os.environ, **told},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, (
            result.stdout.partition("= FAILURES =")[2][:20_000] + result.stderr[-5_000:] + server.log[-2_000:]
        )
    whole: dict[str, Any] = json.loads(seen.read_text())
    return whole


def only(names: Iterable[str]) -> list[str]:
    """Return the options that leave all other operations out."""
    return [option for name in names for option in ("--include-operation-id", name)]


def succeeded(seen: dict[str, Any]) -> set[str]:
    return {name for name, statuses in seen["answers"].items() if any(status.startswith("2") for status in statuses)}


def test_nothing_is_found_in_some_operations(make_shop: ShopMaker, tmp_path: Path) -> None:
    options = ["--max-examples", "5", "--phases", "examples,coverage", *only(SOME)]
    seen = conformance(make_shop, tmp_path, *options)
    assert succeeded(seen) == set(seen["answers"]) == set(SOME)


@pytest.mark.more
def test_nothing_is_found_and_every_operation_was_carried_out(make_shop: ShopMaker, tmp_path: Path) -> None:
    seen = conformance(make_shop, tmp_path, "--max-examples", "5", "--phases", "examples,coverage,stateful")
    assert succeeded(seen) == METHODS - set(NEVER_DONE)
    assert set(seen["answers"]) == METHODS


@pytest.mark.more
@pytest.mark.timeout(1800)
def test_nothing_is_found_with_more_of_it(make_shop: ShopMaker, tmp_path: Path) -> None:
    seen = conformance(make_shop, tmp_path, "--max-examples", "100")
    assert succeeded(seen) == METHODS - set(NEVER_DONE)
    assert set(seen["excused"]) <= REASONS


def declared_rows(folder: Path) -> dict[str, str]:
    """Return what a shop with every shipped set is set up with."""
    return {"BFF_STOREFRONT": str(written(folder, every_set())), "EMPORIX_SITE": "main"}


def test_nothing_is_found_in_some_declared_rows(make_shop: ShopMaker, tmp_path: Path) -> None:
    options = ["--max-examples", "5", "--phases", "examples,coverage", *only(SOME_DECLARED)]
    seen = conformance(make_shop, tmp_path, *options, **declared_rows(tmp_path))
    assert set(seen["answers"]) == set(SOME_DECLARED)
    assert {"orders"} <= succeeded(seen)


@pytest.mark.more
@pytest.mark.timeout(1800)
def test_nothing_is_found_in_any_declared_row(make_shop: ShopMaker, tmp_path: Path) -> None:
    options = ["--max-examples", "5", "--phases", "examples,coverage", *only(OF_SHIPPED_SETS)]
    seen = conformance(make_shop, tmp_path, *options, **declared_rows(tmp_path))
    assert set(seen["answers"]) == set(OF_SHIPPED_SETS)


COMMON = "password1"
NEW = {"email": "ann@example.com", "password": PASSWORD}
REFUSED: list[tuple[str, dict[str, Any], dict[str, str], str]] = [
    ("signUp", {**NEW, "password": COMMON}, {}, "a common password is documented and refused"),
    ("resendActivation", {"email": "a b"}, {}, "what an e-mail may be is more than a schema says"),
    ("confirmEmailChange", {"token": "x"}, {}, "no mailed token can be guessed"),
    (
        "signUp",
        {**NEW, "customerDetails": {"b2b": {"companyRegistrationId": "1"}}},
        {},
        "names and company come with a registration number, and the two e-mails are one",
    ),
    ("updateMe", {"b2b": {"companyRegistrationId": "1"}}, {}, "Emporix holds the whole profile against the same rules"),
    ("requestPasswordReset", {"email": EMAIL, "site": "other"}, {}, "the operator lists the sites"),
    (
        "updateMe",
        {"metadata": {"version": 2}},
        {"If-Match": '"1"'},
        "of two guessed versions one is wrong",
    ),
    ("updateMe", {"company": "One"}, {"If-Match": '"9"'}, STALE),
    (
        "changePassword",
        {"currentPassword": "x", "newPassword": PASSWORD},
        {},
        "the current password is not to be guessed",
    ),
    (
        "changeEmail",
        {"email": EMAIL, "password": "not this one", "newEmail": "b@example.com"},
        {},
        "e-mail and password are the customer's own, and the new e-mail is not",
    ),
]


@pytest.mark.parametrize(("operation", "body", "headers", "reason"), REFUSED, ids=[one[3] for one in REFUSED])
def test_what_is_excused_fits_the_schema_and_is_refused(
    shop: Shop, operation: str, body: dict[str, Any], headers: dict[str, str], reason: str
) -> None:
    described = Description.of_routes()
    one = described.operation(operation)
    assert described.errors(one.said["requestBody"]["content"]["application/json"]["schema"], body) == []
    answer = shop.signed_in().request(one.method, one.path, json=body, headers=headers)
    assert excuse_for(Seen.of(operation, "RejectedPositiveData", answer.status_code, answer.data)) == reason


def test_only_what_is_listed_is_excused() -> None:
    def refused(operation: str, status: int = 400, **details: str) -> str | None:
        body = {"details": [{"field": field, "type": type} for field, type in details.items()]}
        return excuse_for(Seen.of(operation, "RejectedPositiveData", status, json.dumps(body).encode()))

    assert refused("confirmSignUp", token="invalid_value")
    assert refused("updateMe", 412)
    assert not refused("addAddress", token="invalid_value")
    assert not refused("confirmSignUp", token="invalid_value", other="invalid_value")
    assert not refused("confirmSignUp")
    assert not refused("addAddress", city="too_long")
    assert not refused("addAddress", 500)
    assert refused("cartCreate", currency="missing_value")
    assert not refused("cartCreate", customerId="unknown_property")
    assert not refused("cartItemAdd", siteCode="invalid_value")
    assert not refused("addAddress", currency="missing_value")
    assert not refused("cartCreate")
    assert excuse_for(Seen.of("cartsSearch", "AllowHeaderMismatch", 405, b"{}"))
    assert not excuse_for(Seen.of("cart", "AllowHeaderMismatch", 405, b"{}"))
    assert not excuse_for(Seen.of("me", "ServerError", 500, b"{}"))
    assert not excuse_for(Seen.of("addresses", "MissingContentType", 200, b""))
