"""What JavaScript clients call operations by, and which of those names a row of a file cannot have."""

from __future__ import annotations

from typing import Final

from pydantic.alias_generators import to_camel

from bff.operations.cart_rows import CART_ROWS
from bff.operations.table import OPERATIONS

OF_THE_CLIENT: Final = frozenset(
    {
        "devices", "endDevice", "endOtherDevices", "extendSession", "onSessionChange", "request", "send", "session",
        "signIn", "signInUrl", "signOut", "socialUrl",
    }
)  # fmt: skip
"""Methods of `static/bff.js` that no row of the table leads to."""
_OF_EVERY_OBJECT: Final = frozenset(
    {
        "constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString",
        "valueOf",
    }
)  # fmt: skip
_OF_PROMISES: Final = frozenset({"catch", "finally", "then"})
"""What has a `then` is waited for."""
_BUILT_IN: Final = frozenset(route.client_name for operation in OPERATIONS.values() for route in operation.routes)


def client_name(name: str) -> str:
    """Return what JavaScript calls a row."""
    return to_camel(name)


def taken_by(name: str) -> str | None:
    """Return whose a name is already, for a sentence that begins with it; None: it is free."""
    if name in OPERATIONS or name in CART_ROWS:
        return "a built-in operation's"
    word = client_name(name)
    if word in _BUILT_IN or word in OF_THE_CLIENT:
        return f"in camel case that of a method of the JavaScript client, {word}"
    if word in _OF_EVERY_OBJECT or word in _OF_PROMISES:
        return f"in camel case a word with a meaning of its own in JavaScript, {word}"
    return None
