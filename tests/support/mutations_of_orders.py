"""The guards of the pages of orders, whose removal some test must notice."""

from __future__ import annotations

from tests.support.mutation import Mutation

_PAGES = "tests/web/pages/test_pages_orders.py"
_READ = "tests/account/test_orders.py"
_ORDERS = "bff/account/orders.py"

OF_ORDERS: tuple[Mutation, ...] = (
    Mutation(
        guard="a page is asked for no id that no order has",
        path="bff/web/pages/orders.py",
        old="    if not rows.admits(id):\n",
        new="    if False:\n",
        test=f"{_PAGES}::test_id_that_no_order_can_have_is_asked_of_nobody",
    ),
    Mutation(
        guard="orders have a page only where a customer's token alone asks for them",
        path=_ORDERS,
        old='row.answer, row.accepts) != ("GET", path, answer, (Credential.CUSTOMER,)):',
        new='row.answer) != ("GET", path, answer):',
        test=f"{_PAGES}::test_rows_of_another_kind_make_no_page",
    ),
    Mutation(
        guard="a parcel is linked by https alone",
        path=_ORDERS,
        old='parts.scheme == "https" and ',
        new="",
        test=f"{_READ}::test_parcel_is_linked_by_https_alone",
    ),
    Mutation(
        guard="orders that are not known are not said to be none",
        path="bff/web/pages/home.py",
        old='    return {"listed": listed if is_known else None}\n',
        new='    return {"listed": listed}\n',
        test=f"{_PAGES}::test_orders_that_are_said_to_be_there_and_not_given_are_not_none",
    ),
    Mutation(
        guard="only upstream's 404 means that there is no such order",
        path="bff/web/pages/orders.py",
        old="        if err.status != 404:\n            raise\n",
        new="",
        test=f"{_PAGES}::test_only_404_means_that_there_is_no_such_order",
    ),
)
