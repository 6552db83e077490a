"""Failures that schemathesis reports and that are none: each with its rows and its reason."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from bff.emporix.refusals import HIDDEN
from bff.operations.declared import BodyKind
from bff.operations.table import OPERATIONS
from bff.storefront.reader import examine_text
from tests.support.storefront import every_set

REFUSED = "RejectedPositiveData"
"""What fits the schema was refused."""
_SHIPPED = {
    route.client_name: row for row in examine_text(every_set()).storefront.operations.values() for route in row.routes
}
OF_SHIPPED_SETS = tuple(_SHIPPED)
"""What JavaScript calls them by."""
OURS_BY_ROW = {
    name: frozenset({one.name for one in row.parameters} | row.free_body.forbids)
    for name, row in _SHIPPED.items()
    if row.free_body is not None
}
"""What is checked here of each shipped row with a body of any shape: nothing else that is refused is this program's."""
_ANY_VALUE = {
    name for name, row in _SHIPPED.items() if row.free_body is not None and row.free_body.kind is BodyKind.ANY
}
_WORDS_AND_IDS = {name for name, row in _SHIPPED.items() if row.path.endswith("/search")}
WITHOUT_BODY = frozenset({"MissingContentType", "MalformedJson"})
"""A body was expected, and there was none."""
EMAILS = frozenset(path for row in OPERATIONS.values() for path in (*row.emails, *row.new_emails))
PASSWORDS = frozenset(path for row in OPERATIONS.values() for path in row.new_passwords)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was reported, of which answer."""

    operation: str
    kind: str
    status: int
    details: frozenset[tuple[str, str]]
    """Field and type of each cause that the answer names."""
    is_empty: bool

    @classmethod
    def of(cls, operation: str, kind: str, status: int, body: bytes) -> Self:
        """Read an answer."""
        said = json.loads(body).get("details", ()) if status >= 400 else ()
        details = frozenset((one.get("field", ""), one.get("type", "")) for one in said)
        return cls(operation=operation, kind=kind, status=status, details=details, is_empty=not body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """Something that is refused although it fits the schema, and why."""

    reason: str
    fields: Collection[str]
    """What the answer names; all of its causes have to be among these."""
    rows: Collection[str] | None = None
    """None: every one."""
    type: str | None = None

    def covers(self, seen: Seen) -> bool:
        """Tell whether this is what was seen."""
        return (
            seen.kind == REFUSED
            and seen.status == 400
            and (self.rows is None or seen.operation in self.rows)
            and bool(seen.details)
            and all(self._names(field, type) for field, type in seen.details)
        )

    def _names(self, field: str, type: str) -> bool:
        # A secret of a letter or two hides the name of its own field.
        return (field == HIDDEN and self.rows is not None) or (field in self.fields and self.type in (None, type))


VERSIONED = frozenset({"updateMe", "updateAddress"})
EXCUSES = (
    Excuse(
        reason="no mailed token can be guessed",
        rows={"confirmSignUp", "confirmEmailChange", "confirmDeletion", "resetPassword"},
        fields={"token"},
    ),
    Excuse(reason="the current password is not to be guessed", rows={"changePassword"}, fields={"currentPassword"}),
    Excuse(
        reason="e-mail and password are the customer's own, and the new e-mail is not",
        rows={"changeEmail"},
        fields={"email", "password", "newEmail"},
        type="invalid_value",
    ),
    Excuse(reason="what an e-mail may be is more than a schema says", fields=EMAILS, type="invalid_value"),
    Excuse(reason="a common password is documented and refused", fields=PASSWORDS, type="too_common"),
    Excuse(
        reason="names and company come with a registration number, and the two e-mails are one",
        rows={"signUp"},
        fields={f"customerDetails.{name}" for name in ("firstName", "lastName", "company", "contactEmail")},
    ),
    Excuse(
        reason="Emporix holds the whole profile against the same rules",
        rows={"updateMe"},
        fields={"firstName", "lastName", "company", "contactEmail"},
    ),
    Excuse(reason="Emporix knows what can be expanded", rows={"me"}, fields={"expand"}),
    Excuse(reason="the operator lists the sites", rows={"requestPasswordReset"}, fields={"site"}),
    Excuse(reason="of two guessed versions one is wrong", rows=VERSIONED, fields={"metadata.version"}),
    Excuse(reason="Emporix counts pages only so far", fields={"pageNumber"}),
    Excuse(reason="schemathesis leaves out the quotes of a tag", rows=VERSIONED, fields={"If-Match"}),
)
STALE = "a guessed version is not the newest"
ALLOW = "AllowHeaderMismatch"
WORDS_AND_IDS = "what one route has as a word, another has as an id, and so its methods are there too"
FREE = "what a body without a model has to hold, Emporix alone knows"
NOT_PREFERRED = "a change answers with a body only where it was asked for one"
REASONS = frozenset({STALE, NOT_PREFERRED, FREE, WORDS_AND_IDS, *(one.reason for one in EXCUSES)})


def excuse_for(seen: Seen) -> str | None:
    """Return why this is no failure, or None: it is one."""
    if seen.operation in VERSIONED:
        if seen.kind == REFUSED and seen.status == 412:
            return STALE
        if seen.kind in WITHOUT_BODY and seen.status == 200 and seen.is_empty:
            return NOT_PREFERRED
    if _is_of_a_free_body(seen):
        return FREE
    if seen.kind == ALLOW and seen.operation in _WORDS_AND_IDS and seen.status == 405:
        return WORDS_AND_IDS
    return next((one.reason for one in EXCUSES if one.covers(seen)), None)


def _is_of_a_free_body(seen: Seen) -> bool:
    ours = OURS_BY_ROW.get(seen.operation)
    fields = {field for field, _ in seen.details}
    return (
        ours is not None
        and (seen.kind, seen.status) == (REFUSED, 400)
        and bool(fields)
        # Of a body that may be any value, nothing is refused here for being of another kind.
        and ("" not in fields or seen.operation in _ANY_VALUE)
        and ours.isdisjoint(fields)
    )
