"""What each route may ask Emporix for: derived from what it declares and from the rows behind that.

Left out is what any call may bring along: a guest's tokens, and the renewal of tokens that are due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from bff.factory import Bff
from bff.operations.cart_rows import CART_ROWS, CART_SERVICE
from bff.operations.model import Credential, Operation, Performer, SideEffect
from bff.web.api.routes import api_routes
from bff.web.declared import declared_routes

BROUGHT_ALONG: Final = frozenset({"anonymous_login", "anonymous_refresh", "refresh_auth_token"})
"""What any call that takes a token may need first."""
_WHO_IT_IS: Final = "get_me"
_SIGN_IN: Final = (_WHO_IT_IS, "logout")
"""Who has signed in; and the end of tokens that are not kept."""
_BY_SIDE_EFFECT: Final[Mapping[SideEffect, tuple[str, ...]]] = {
    SideEffect.IDENTITY: (_WHO_IT_IS,),
    SideEffect.SIGN_UP: ("login", *_SIGN_IN),
}
_SIGN_INS: Final = frozenset({Performer.PASSWORD_SIGN_IN, Performer.MAILED_SIGN_IN})
_SOCIAL_SIGN_IN: Final = "social_login"


def calls_by_endpoint(app: Bff) -> Mapping[str, tuple[str, ...]]:
    """Return the operations that each route of an application may call, by its endpoint."""
    table, merges = app.services.operations, app.services.storefront.sign_in.merge_carts
    pages = {
        endpoint: tuple(dict.fromkeys(name for row in declared.operations for name in _calls(table[row], merges)))
        for endpoint, declared in declared_routes(app).items()
    }
    routes = {
        entry.endpoint: tuple(dict.fromkeys((*_calls(entry.operation, merges), *_read_besides(entry.operation, table))))
        for entry in api_routes(table)
    }
    return pages | routes


def _calls(row: Operation, merges: bool) -> Iterator[str]:
    yield row.name
    signs_in = row.performer in _SIGN_INS or row.name == _SOCIAL_SIGN_IN
    if signs_in:
        yield from _SIGN_IN
    yield from _BY_SIDE_EFFECT.get(row.side_effect, ())
    if merges and (signs_in or row.side_effect is SideEffect.SIGN_UP):
        yield from CART_ROWS
    elif merges and row.path.startswith(CART_SERVICE) and Credential.CUSTOMER in row.accepts:
        # What a sign-in could not do is tried again then.
        yield from CART_ROWS


def _read_besides(row: Operation, table: Mapping[str, Operation]) -> Iterator[str]:
    """Name what a JSON route reads to compare a version, and to show what is there after a write.

    Pages send the version that they have shown, and lead to a page.
    """
    if row.representation is not None:
        yield row.representation
    if row.versioned:
        yield from (other.name for other in table.values() if other.path == row.path and other.method == "GET")
