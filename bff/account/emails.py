"""The e-mails of a request: each goes to Emporix in its one form, or is refused before anything is asked.

To sign in or be mailed with, nearly anything may be an address, since Emporix may have accounts from other times.
What an account gets anew has to look like one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bff.emails import MAX_CHARACTERS, canonical, may_be_asked_for, may_be_new
from bff.errors import Detail, InvalidInput
from bff.operations.model import Operation

_KNOWN = f"must be an e-mail address of at most {MAX_CHARACTERS} characters, without blanks and control characters"
_NEW = f"must be an e-mail address like name@example.com, of at most {MAX_CHARACTERS} characters"


def with_canonical_emails(operation: Operation, content: Any) -> Any:
    """Return the body with every e-mail of the row in its canonical form; the same object where that changes nothing.

    An empty one is left to whatever asks for it.

    :raises InvalidInput: an e-mail cannot be one; with a detail for each
    """
    details: list[Detail] = []
    rules = [(path, may_be_asked_for, _KNOWN) for path in operation.emails]
    rules += [(path, may_be_new, _NEW) for path in operation.new_emails]
    for path, admits, message in rules:
        *parents, name = path.split(".")
        email = _at(content, parents).get(name)
        if not isinstance(email, str) or not email:
            continue
        if not admits(email):
            details.append(Detail(field=path, type="invalid_value", message=message))
        elif canonical(email) != email:
            content = _changed(content, path.split("."), canonical)
    if details:
        raise InvalidInput(*details)
    return content


def _at(content: Any, names: list[str]) -> dict[str, Any]:
    for name in names:
        content = content.get(name) if isinstance(content, dict) else None
    return content if isinstance(content, dict) else {}


def _changed(content: dict[str, Any], names: list[str], change: Callable[[str], str]) -> dict[str, Any]:
    name, *rest = names
    return {**content, name: _changed(content[name], rest, change) if rest else change(content[name])}
