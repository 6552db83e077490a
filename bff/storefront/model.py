"""What a storefront's file comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from bff.errors import ConfigurationError, Problem
from bff.operations.cart_rows import CART_ROWS
from bff.operations.model import Operation
from bff.operations.table import OPERATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRules:
    """What a sign-in does for the storefront."""

    merge_carts: bool = False
    """The guest's cart goes into the customer's."""
    site: str | None = None
    """Whose carts; None: the default site's."""

    def merge_site(self, usual: str | None) -> str | None:
        """Return whose carts a sign-in merges; None: nobody's.

        :param usual: the default site, if there is one
        :raises ConfigurationError: carts are to be merged, and no site is named
        """
        if not self.merge_carts:
            return None
        site = self.site or usual
        if site is None:
            what = "is not set, and neither is site in [sign_in]: carts are to be merged, and are a site's"
            raise ConfigurationError((Problem(variable="EMPORIX_SITE", what=what, example="main"),))
        return site


class Doubt(Enum):
    """Why something that is not wrong may not be meant."""

    UNLIMITED_COUPONS = "unlimited coupons"
    """Codes can be tried out as fast as one likes."""
    UNAUDITED_CHECKOUT = "unaudited checkout"
    """Who ordered, and what came of it, is not in the audit log."""
    WORLD_WRITABLE = "world-writable"
    """Every user of the machine can declare further operations."""
    WEAKER = "weaker than the shipped row"


class Aspect(Enum):
    """What of a row is weaker than in the shipped one that it replaces."""

    CALLER = "caller"
    TOKENS = "tokens"
    """What goes upstream besides the bearer."""
    PROOF = "proof"
    AUDIT = "audit"
    LIMIT = "limit"
    REPEATS = "repeats"
    VERB = "verb"
    """Whether it counts as a change, and what it asks for."""
    VERSION = "version"
    CACHE = "cache"
    INPUT = "input"
    """What may be given at all."""
    WHOSE = "whose"
    """What only the session or the settings should say."""
    ERRORS = "errors"
    SIZE = "size"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorefrontWarning:
    """One thing that is not wrong, and may not be meant."""

    doubt: Doubt
    row: str | None
    """Its name; None: the file as a whole."""
    file: str
    line: int | None
    what: str
    aspect: Aspect | None = None
    """Of a weaker row."""

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}, line {self.line}"
        return f"{where}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Storefront:
    """The further operations of a shop; by default there are none."""

    operations: Mapping[str, Operation] = field(default_factory=dict)
    """The declared rows alone: sets first, in the order in which they are named, and then the file's own."""
    sign_in: SignInRules = SignInRules()
    warnings: tuple[StorefrontWarning, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    """The document, with its commit, that each shipped set was written from."""

    def with_built_in(self) -> Mapping[str, Operation]:
        """Return one table of all there is."""
        further = {**self.operations, **(CART_ROWS if self.sign_in.merge_carts else {})}
        return MappingProxyType({**OPERATIONS, **further}) if further else OPERATIONS
