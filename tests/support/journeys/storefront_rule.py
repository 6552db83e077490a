"""The rule that a storefront's routes follow, and shorthands for writing expectations down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.support.journeys.storefront_shapes import Answer, Body, Filled, Given, Holder, Row, Sharing, value_of

TOTAL = "X-Total-Count"
PAGES = "pageNumber pageSize sort"
SEARCH = PAGES + " q"
OBJECT = {200: Answer.OBJECT}
ARRAY = {200: Answer.ARRAY}
DONE = {200: Answer.NOTHING}
EMPTY = {204: Answer.NOTHING}
MADE = {201: Answer.OBJECT}
JSON_PATCH = [{"op": "replace", "path": "/status", "value": "geschlossen \u2013 f\u00fcr immer"}]
_ANYTHING = {"note": "Gr\u00fc\u00dfe", "quantity": 2, "nested": {"list": [1, 2.5, None, True]}}
_EXAMPLES: Mapping[Body, Any] = {
    Body.NONE: None,
    Body.OBJECT: _ANYTHING,
    Body.ARRAY: [_ANYTHING, {"id": "second"}],
    Body.ANY: [_ANYTHING],
}


def of_set(in_set: str, holder: Holder) -> Callable[..., Row]:
    """Return `row` for one set and one holder of the token."""

    def shorthand(verb: str, upstream: str, answers: Mapping[int, Answer], **more: Any) -> Row:
        return row(verb, upstream, in_set, holder, answers, **more)

    return shorthand


def row(
    verb: str,
    upstream: str,
    in_set: str,
    holder: Holder,
    answers: Mapping[int, Answer],
    *,
    query: str = "",
    values: Mapping[str, str] | None = None,
    body: Body = Body.NONE,
    example: Any = None,
    filled_path: tuple[Filled, ...] = (),
    asks: bool = False,
    **more: Any,
) -> Row:
    """Return the rule: `/api`, then upstream's path without the tenant and without what the session gives.

    :param query: names that a browser may give; a star behind one says that upstream demands it, a plus that it may be
        repeated
    :param values: of names of the query, where the usual one is of another kind
    :param asks: it changes nothing, although it is no GET
    """
    ours = "/api" + upstream.replace("/{tenant}", "")
    for filled in filled_path:
        ours = ours.replace("/{" + filled.name + "}", "")
    names = query.split()
    usual = {(bare := name.rstrip("*+")): value_of(bare) for name in names}
    return Row(
        verb=verb,
        upstream=upstream,
        ours=ours,
        in_set=in_set,
        holder=holder,
        answers=answers,
        query={**usual, **(values or {})},
        needed=frozenset(name.rstrip("*") for name in names if name.endswith("*")),
        repeated=frozenset(name.rstrip("+") for name in names if name.endswith("+")),
        body=body,
        example=_EXAMPLES[body] if example is None else example,
        filled_path=filled_path,
        changes=verb != "GET" and not asks,
        **more,
    )


def entity(sharing: Sharing = Sharing.SENT) -> Filled:
    """Return the company as upstream names it."""
    return Filled(name="legalEntityId", given=Given.LEGAL_ENTITY, sharing=sharing)


def number(sharing: Sharing = Sharing.SENT) -> Filled:
    """Return the customer as upstream names it."""
    return Filled(name="customerNumber", given=Given.CUSTOMER_ID, sharing=sharing)
