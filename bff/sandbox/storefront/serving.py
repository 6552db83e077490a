"""How a service says which operations it has, and the bearers that they ask for."""

from __future__ import annotations

from bff.sandbox.bearer import BearerKind
from bff.sandbox.gateway import Served
from bff.sandbox.operations import Route
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.world import Handler

VISITOR = frozenset({BearerKind.ANONYMOUS, BearerKind.CUSTOMER})
"""A guest's token or a customer's."""
CUSTOMER = frozenset({BearerKind.CUSTOMER})


def serve(
    operation: StorefrontOperation, method: str, path: str, accepts: frozenset[BearerKind], handler: Handler
) -> Served:
    """Say where an operation is found, whose token it takes and who does it."""
    return Served(route=Route(operation=operation, method=method, path=path, accepts=accepts), handler=handler)
