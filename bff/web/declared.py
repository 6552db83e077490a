"""What each route without a row of the operation table declares: who may call it, and what it asks upstream.

The audit reads this and so needs no list of its own; a page may call nothing that it has not declared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from flask import Blueprint, Flask

_EXTENSION = "bff.declared"


class Need(Enum):
    """Who a page is for."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    RECENT = "recently signed in"
    """Signed in, and with a proof of it in the last minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One route."""

    need: Need
    operations: tuple[str, ...] = ()
    """Names of rows, without those that any call may bring along (tokens, who it is)."""
    for_customers: bool = False
    """Whether it calls on behalf of customers alone, though anyone may open it."""
    mailed: bool = False
    """Whether it calls with the token of a mailed link."""


def declare(blueprint: Blueprint, endpoint: str, declared: Declared) -> None:
    """Declare a route of a blueprint by its endpoint."""
    blueprint.record_once(
        lambda state: state.app.extensions.setdefault(_EXTENSION, {}).update({f"{blueprint.name}.{endpoint}": declared})
    )


def declared_routes(app: Flask) -> Mapping[str, Declared]:
    """Return what each route of an application declares, by its endpoint."""
    return MappingProxyType(app.extensions.get(_EXTENSION, {}))
