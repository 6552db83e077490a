"""The rule that most routes follow, for writing expectations: the same request on both sides, but for the prefix."""

from __future__ import annotations

from tests.support.journeys.contract_bodies import Body
from tests.support.journeys.contract_shapes import JSON, TENANT, Asked, Bearer, Query, Sent, Use, Visitor

ANONYMOUS, CUSTOMER = (Bearer.ANONYMOUS,), (Bearer.CUSTOMER,)


def same(
    method: str,
    path: str,
    bearer: Bearer,
    *,
    body: Body | None = None,
    query: Query = (),
    by: Visitor = Visitor.CUSTOMER,
    media_type: str = JSON,
) -> Use:
    """Return the rule: Emporix's path with `/customer/{tenant}` replaced by `/api`; all else is the same."""
    return Use(
        by=by,
        through=(Asked(method=method, path="/api" + path, query=query, body=body, media_type=media_type),),
        sent=Sent(method=method, path=f"/customer/{TENANT}{path}", query=query, body=body, media_type=media_type),
        bearer=bearer,
    )


def by_both(method: str, path: str, body: Body) -> tuple[Use, ...]:
    """Return the uses of what takes the anonymous token, whether or not a customer's is at hand too."""
    return tuple(
        same(method, path, Bearer.ANONYMOUS, body=body, by=visitor) for visitor in (Visitor.CUSTOMER, Visitor.GUEST)
    )
