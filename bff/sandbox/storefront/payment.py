"""Payment: the modes that a page offers, and paying by one. Its tokens are meant for the page."""

from __future__ import annotations

from typing import Final

from bff.sandbox.bodies import Field, Kind, nested, read_body, text
from bff.sandbox.replies import JsonObject, Refused, Reply, error_message, not_found
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.patches import is_ours
from bff.sandbox.storefront.serving import VISITOR, serve
from bff.sandbox.storefront.state import Owned, new_id
from bff.sandbox.world import Call, World

_PROVIDER: Final = "https://payment.example.com"
SCA_PROVIDER_TOKEN: Final = "sca-public-4f1c0f7e6c5d"  # noqa: S105 - every page of the shop has it
"""For the provider's script."""
_MODES: Final[dict[str, JsonObject]] = {
    "invoice": {"id": "invoice", "code": "invoice", "integrationType": "EXTERNAL", "paymentMethodType": "invoice"},
    "card": {
        "id": "card",
        "code": "credit_card",
        "integrationType": "TOKENIZED",
        "paymentMethodType": "credit_card",
        "environmentKey": "env-public-2b90",
        "publicKey": "key-public-77aa",
        "scaProviderToken": SCA_PROVIDER_TOKEN,
        "javascriptUrl": f"{_PROVIDER}/script.js",
    },
    "wallet": {"id": "wallet", "code": "wallet", "integrationType": "OFFSITE", "paymentMethodType": "wallet"},
}
_PAYMENT = {
    "order": Field(kind=Kind.OBJECT, required=True, properties={"id": Field(required=True)}),
    "paymentModeId": Field(required=True),
    "creditCardToken": Field(),
    "threeDSToken": Field(),
    "browserInfo": Field(),
    "clientIP": Field(),
}


def payment_details(method: JsonObject, order_id: str) -> JsonObject | None:
    """Return what a page needs to go on paying an order; None: nothing."""
    mode = nested(method, "customAttributes").get("modeId") or method.get("method")
    if mode not in {"card", "wallet"}:
        return None
    return {"externalPaymentRedirectURL": f"{_PROVIDER}/pay/{order_id}", "externalPaymentHttpMethod": "GET"}


def _list_modes(world: World, call: Call) -> Reply:
    return Reply(body=list(_MODES.values()))


def _get_mode(world: World, call: Call) -> Reply:
    mode = _MODES.get(call.path["id"])
    if mode is None:
        raise not_found(f"Payment mode {call.path['id']} not found.")
    return Reply(body=[mode])


def _asked(world: World, call: Call) -> tuple[Owned, JsonObject]:
    """Return the order to pay, which is the bearer's owner's, and how."""
    body = read_body(call, _PAYMENT)
    order = world.shops.of(call.tenant).orders.get(text(nested(body, "order"), "id"))
    if order is None or not is_ours(order, call.token.grant):
        raise not_found("Order not found.")
    mode = _MODES.get(text(body, "paymentModeId"))
    if mode is None or (mode["id"] == "card" and not text(body, "creditCardToken")):
        raise Refused(error_message(422, "unprocessable", "The payment cannot be made like this."))
    return order, mode


def _begun(order: Owned) -> JsonObject:
    return {
        "successful": True,
        "paymentTransactionId": new_id(),
        "authorizationToken": f"authorize-{new_id()}",
        "externalPaymentRedirectURL": f"{_PROVIDER}/pay/{order.document['id']}",
        "externalPaymentHttpMethod": "POST",
        "externalPaymentParameters": {"reference": order.document["id"]},
    }


def _initialize(world: World, call: Call) -> Reply:
    order, _ = _asked(world, call)
    return Reply(body=_begun(order))


def _authorize(world: World, call: Call) -> Reply:
    order, mode = _asked(world, call)
    payments = order.document["payments"]
    for payment in payments if isinstance(payments, list) else []:
        payment["status"] = "AUTHORIZED"
    return Reply(body={**_begun(order), "requiresExternalPayment": mode["integrationType"] == "OFFSITE"})


_MODES_PATH = "/payment-gateway/{tenant}/paymentmodes/frontend"
_PAYMENT_PATH = "/payment-gateway/{tenant}/payment/frontend"
SERVED = (
    serve(StorefrontOperation.PAYMENT_MODES, "GET", _MODES_PATH, VISITOR, _list_modes),
    serve(StorefrontOperation.PAYMENT_MODE, "GET", f"{_MODES_PATH}/{{id}}", VISITOR, _get_mode),
    serve(StorefrontOperation.PAYMENT_INITIALIZE, "POST", f"{_PAYMENT_PATH}/initialize", VISITOR, _initialize),
    serve(StorefrontOperation.PAYMENT_AUTHORIZE, "POST", f"{_PAYMENT_PATH}/authorize", VISITOR, _authorize),
)
