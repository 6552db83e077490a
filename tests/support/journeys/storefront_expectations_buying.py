"""What a storefront's cart, checkout, orders, payment and delivery must look like upstream, written down by hand.

Sources: Emporix' OpenAPI documents of cart, checkout, order, returns, shopping list, payment gateway, shipping, fee,
coupon, reward points, quote, in its public repository of API references at e9030d48.
"""

from __future__ import annotations

from tests.support.journeys.storefront_rule import (
    ARRAY,
    DONE,
    EMPTY,
    JSON_PATCH,
    MADE,
    OBJECT,
    PAGES,
    SEARCH,
    TOTAL,
    entity,
    number,
    of_set,
)
from tests.support.journeys.storefront_shapes import Answer, Body, Filled, Given, Holder, Row, Saas, Sharing

_CARTS = "/cart/{tenant}/carts"
_CART = _CARTS + "/{cartId}"
_ITEM = _CART + "/items/{itemId}"
_ORDERS = "/order-v2/{tenant}/orders"
_OF_COMPANY = "/order-v2/{tenant}/legal-entity-orders/{legalEntityId}"
_LISTS = "/shoppinglist/{tenant}/shopping-lists"
_PAYMENT = "/payment-gateway/{tenant}"
_RETURNS = "/return/{tenant}/returns"
_QUOTES = "/quote/{tenant}/quotes"
_COUPON = "/coupon/{tenant}/coupons/{code}"
_POINTS = "/reward-points/public/customer"
_SHIPPING = "/shipping/{tenant}"
_OTHERS = frozenset({"customerId", "sessionId"})
_PER_CODE = (20, 60)
"""A code can be guessed."""

_cart = of_set("cart", Holder.VISITOR)
_own_cart = of_set("cart", Holder.CUSTOMER)
CART: tuple[Row, ...] = (
    _cart(
        "GET",
        _CARTS,
        OBJECT,
        query="siteCode* type zipCode countryCode",
        # `create` makes it a write by GET.
        refused=frozenset({"create"}),
        filled_query=(
            Filled(name="sessionId", given=Given.SESSION_ID, sharing=Sharing.MAY_BE_SENT),
            Filled(name="customerId", given=Given.CUSTOMER_ID, sharing=Sharing.MAY_BE_SENT),
            entity(Sharing.MAY_BE_SENT),
        ),
        tells_session=True,
    ),
    _cart(
        "POST",
        _CARTS,
        MADE,
        saas=Saas.IF_HELD,
        filled_headers=(Filled(name="session-id", given=Given.SESSION_ID),),
        body=Body.OBJECT,
        example={"siteCode": "main", "currency": "EUR", "type": "shopping"},
        body_refuses=_OTHERS,
    ),
    _own_cart(
        "POST",
        _CARTS + "/search",
        ARRAY,
        query=PAGES + " fields",
        body=Body.OBJECT,
        example={"q": "status:OPEN"},
        body_refuses=_OTHERS,
        total=TOTAL,
        asks=True,
        tells_session=True,
    ),
    _cart("GET", _CART, OBJECT, query="expandCalculation zipCode countryCode", tells_session=True),
    _cart("PUT", _CART, EMPTY, body=Body.OBJECT, body_refuses=_OTHERS),
    _cart("DELETE", _CART, EMPTY),
    _cart("PUT", _CART + "/refresh", EMPTY),
    _cart("POST", _CART + "/changeSite", DONE, body=Body.OBJECT, example={"siteCode": "main"}),
    _cart("POST", _CART + "/changeCurrency", DONE, body=Body.OBJECT, example={"currency": "EUR"}),
    _own_cart("POST", _CART + "/merge", DONE, body=Body.OBJECT, example={"carts": ["guest-cart-1"]}),
    # Two hundred items.
    _cart("POST", _CART + "/itemsBatch", ARRAY, body=Body.ARRAY, body_bytes=200 * 1024),
    _cart("PUT", _CART + "/itemsBatch", {207: Answer.ARRAY}, body=Body.ARRAY),
    _cart("GET", _CART + "/items", ARRAY),
    _cart(
        "POST",
        _CART + "/items",
        MADE,
        query="siteCode*",
        body=Body.OBJECT,
        body_refuses=frozenset({"externalFees", "externalDiscounts"}),
    ),
    _cart("DELETE", _CART + "/items", EMPTY),
    _cart("GET", _ITEM, OBJECT),
    _cart("PUT", _ITEM, EMPTY, query="partial", body=Body.OBJECT),
    _cart("DELETE", _ITEM, EMPTY),
    _cart("GET", _CART + "/discounts", ARRAY),
    _cart("POST", _CART + "/discounts", MADE, body=Body.OBJECT, example={"code": "SUMMER-10"}, rate=_PER_CODE),
    _cart("DELETE", _CART + "/discounts", EMPTY, query="codes"),
    _cart("DELETE", _CART + "/discounts/{discountIndex}", EMPTY),
    _cart("GET", _CART + "/dtRestrictions", OBJECT),
    _cart("GET", _CART + "/validate", OBJECT),
)

CHECKOUT: tuple[Row, ...] = (
    of_set("checkout", Holder.VISITOR)(
        "POST",
        "/checkout/{tenant}/checkouts/order",
        OBJECT,
        saas=Saas.REQUIRED,
        body=Body.OBJECT,
        example={
            "cartId": "cart-1",
            "paymentMethods": [{"provider": "stripe", "customAttributes": {"token": "card-0123456789abcdef"}}],
            "customer": {"guest": True, "email": "jane.doe@example.com", "firstName": "J\u00e4ne"},
            "addresses": [{"contactName": "J\u00e4ne Doe", "street": "K\u00f6nigstra\u00dfe", "country": "DE"}],
        },
        rate=(10, 60),
        audited=True,
    ),
)

_order = of_set("orders", Holder.CUSTOMER)
ORDERS: tuple[Row, ...] = (
    _order("GET", _ORDERS, ARRAY, saas=Saas.IF_HELD, query=SEARCH + " fields", total=TOTAL),
    _order("GET", _ORDERS + "/{orderId}", OBJECT, saas=Saas.IF_HELD),
    _order("GET", _ORDERS + "/{orderId}/transitions", ARRAY, saas=Saas.IF_HELD),
    _order(
        "POST",
        _ORDERS + "/{orderId}/transitions",
        EMPTY,
        saas=Saas.IF_HELD,
        body=Body.OBJECT,
        example={"status": "DECLINED", "comment": "zu sp\u00e4t"},
    ),
    _order(
        "GET",
        _OF_COMPANY,
        ARRAY,
        saas=Saas.IF_HELD,
        query=SEARCH + " fields",
        total=TOTAL,
        filled_path=(entity(),),
    ),
    _order("GET", _OF_COMPANY + "/{orderId}", OBJECT, saas=Saas.IF_HELD, filled_path=(entity(),)),
)

_payment = of_set("payment", Holder.VISITOR)
PAYMENT: tuple[Row, ...] = (
    _payment("GET", _PAYMENT + "/paymentmodes/frontend", ARRAY),
    # The schema says a list, for one.
    _payment("GET", _PAYMENT + "/paymentmodes/frontend/{id}", ARRAY, shape_is_open=True, also=Answer.OBJECT),
    _payment("POST", _PAYMENT + "/payment/frontend/initialize", OBJECT, body=Body.OBJECT),
    _payment("POST", _PAYMENT + "/payment/frontend/authorize", OBJECT, body=Body.OBJECT),
)

_list = of_set("wishlist", Holder.CUSTOMER)
_OWNER = Filled(name="customerId", given=Given.CUSTOMER_ID)
WISHLIST: tuple[Row, ...] = (
    _list("GET", _LISTS, ARRAY, query="name"),
    _list("POST", _LISTS, MADE, body=Body.OBJECT),
    _list("PUT", _LISTS + "/{customerId}", EMPTY, body=Body.OBJECT, filled_path=(_OWNER,)),
    _list("DELETE", _LISTS + "/{customerId}", EMPTY, query="name", filled_path=(_OWNER,)),
)

_return = of_set("returns", Holder.CUSTOMER)
RETURNS: tuple[Row, ...] = (
    # The schema says an object, the example beside it is a list.
    _return("GET", _RETURNS, OBJECT, query=SEARCH, total=TOTAL, shape_is_open=True, also=Answer.ARRAY),
    _return("POST", _RETURNS, MADE, saas=Saas.REQUIRED, body=Body.OBJECT),
    _return("GET", _RETURNS + "/{returnId}", OBJECT),
    _return("PUT", _RETURNS + "/{returnId}", EMPTY, saas=Saas.REQUIRED, body=Body.OBJECT),
    _return("PATCH", _RETURNS + "/{returnId}", EMPTY, saas=Saas.REQUIRED, body=Body.ARRAY, example=JSON_PATCH),
    _return("DELETE", _RETURNS + "/{returnId}", EMPTY, saas=Saas.REQUIRED),
)

_quote = of_set("quotes", Holder.CUSTOMER)
QUOTES: tuple[Row, ...] = (
    _quote("GET", _QUOTES, ARRAY, query=SEARCH + " fields", language=True, total=TOTAL),
    _quote("POST", _QUOTES, MADE, body=Body.OBJECT),
    _quote("GET", _QUOTES + "/{quoteId}", OBJECT, language=True),
    _quote("PATCH", _QUOTES + "/{quoteId}", EMPTY, body=Body.ARRAY, example=JSON_PATCH),
    _quote("POST", _QUOTES + "/{quoteId}/pdf", {200: Answer.PDF}, language=True, may_only_ask=True),
    _quote("GET", "/quote/{tenant}/quote-reasons", ARRAY, query=SEARCH + " fields", language=True, total=TOTAL),
    _quote("GET", "/quote/{tenant}/quote-reasons/{quoteReasonId}", OBJECT, language=True),
)

_own = of_set("loyalty", Holder.CUSTOMER)
LOYALTY: tuple[Row, ...] = (
    _own("GET", _COUPON, OBJECT, filled_query=(number(Sharing.MAY_BE_SENT),), rate=_PER_CODE),
    _own("POST", _COUPON + "/validation", DONE, body=Body.OBJECT, rate=_PER_CODE, asks=True),
    _own("POST", _COUPON + "/redemptions", MADE, body=Body.OBJECT, rate=_PER_CODE),
    _own(
        "GET",
        "/coupon/{tenant}/referral-coupons/{customerNumber}",
        {200: Answer.OBJECT, 204: Answer.NOTHING},
        filled_path=(number(),),
    ),
    _own("GET", _POINTS, {200: Answer.NUMBER}),
    _own("GET", _POINTS + "/summary", OBJECT),
    _own("POST", _POINTS + "/redeem", OBJECT, query="siteCode", body=Body.OBJECT),
    of_set("loyalty", Holder.VISITOR)("GET", "/reward-points/{tenant}/redeemOptions", ARRAY),
)

_ship = of_set("shipping", Holder.VISITOR)
SHIPPING: tuple[Row, ...] = (
    _ship("GET", _SHIPPING + "/{site}/zones", ARRAY, query="activeMethods expand", language=True),
    _ship("GET", _SHIPPING + "/{site}/zones/{zoneId}/methods", ARRAY, query="active expand", language=True),
    _ship("POST", _SHIPPING + "/{site}/quote", ARRAY, body=Body.OBJECT, asks=True),
    _ship("POST", _SHIPPING + "/{site}/quote/minimum", OBJECT, body=Body.OBJECT, asks=True),
    _ship("POST", _SHIPPING + "/{site}/quote/slot", OBJECT, body=Body.OBJECT, asks=True),
    _ship("POST", _SHIPPING + "/findSite", ARRAY, query="windowsLimit", body=Body.OBJECT, asks=True),
    _ship("GET", _SHIPPING + "/actualDeliveryWindows/{cartId}", ARRAY, query="postalCode"),
    _ship("POST", _SHIPPING + "/deliveryWindowValidation", {200: Answer.TRUTH}, body=Body.OBJECT, asks=True),
)

_fee = of_set("fees", Holder.VISITOR)
FEES: tuple[Row, ...] = (
    _fee("GET", "/fee/{tenant}/fees", ARRAY, query="siteCode code id pageNumber pageSize", language=True),
    _fee(
        "POST",
        "/fee/{tenant}/itemFees/searchByProductIds",
        ARRAY,
        query="siteFallback",
        body=Body.OBJECT,
        asks=True,
    ),
)

BUYING = CART + CHECKOUT + ORDERS + PAYMENT + WISHLIST + RETURNS + QUOTES + LOYALTY + SHIPPING + FEES
