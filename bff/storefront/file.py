"""The tables of the file beside its rows, as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from bff.config.environment import UnacceptableError
from bff.config.model import SITE
from bff.storefront import readers
from bff.storefront.fields import given, needed

SETS: Final = Path(__file__).parent / "sets"
"""The folder of the shipped sets, a file each."""
DEMO: Final = Path(__file__).parent / "demo.toml"
"""The file of `bff demo`: every set."""


@cache
def shipped_sets() -> tuple[str, ...]:
    """Return the names of the sets that there are."""
    return tuple(sorted(path.stem for path in SETS.glob("*.toml")))


def _sets(value: Any) -> tuple[str, ...]:
    found = readers.names(r"[a-z][a-z0-9_-]{0,40}", "the name of a set")(value)
    unknown = [name for name in found if name not in shipped_sets()]
    if unknown:
        raise UnacceptableError(f"names {', '.join(unknown)}, and there are {', '.join(shipped_sets()) or 'none'}")
    return found


def _rows(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise UnacceptableError("must be written [[route]], once for each row")
    return tuple(value)


_SOURCE: Final = readers.text(r"[^\x00-\x1f\x7f-\x9f]{1,200}", "a line of at most 200 characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """The file as a whole."""

    format: int = needed(
        readers.whole(1, 1),
        values="`1`",
        becomes="how the file is to be read",
        example="format = 1",
    )
    sets: tuple[str, ...] = given(
        _sets,
        unset=(),
        usual="none",
        values="names of [shipped sets](#shipped-sets)",
        becomes="their rows; one of the same name below replaces one of them",
        example='sets = ["cart", "checkout"]',
    )
    source: str = given(
        _SOURCE,
        unset="",
        usual="none",
        values="a line of at most 200 characters",
        becomes="the document that the rows were written from, for `bff routes diff`",
        example='source = "emporix/api-references@e9030d48"',
    )
    sign_in: Mapping[str, Any] = given(
        readers.table,
        unset={},
        usual="none",
        values="a table",
        becomes="what a sign-in does besides",
        example="[sign_in]",
    )
    route: tuple[Any, ...] = given(
        _rows,
        unset=(),
        usual="none",
        values="tables, `[[route]]` each",
        becomes="the shop's own rows",
        example="[[route]]",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRow:
    """A shipped set."""

    format: int = needed(readers.whole(1, 1), values="`1`", becomes="", example="format = 1")
    source: str = needed(_SOURCE, values="", becomes="", example='source = "emporix/api-references@e9030d48"')
    route: tuple[Any, ...] = needed(_rows, values="", becomes="", example="[[route]]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRow:
    """The table `[sign_in]`."""

    merge_carts: bool = given(
        readers.switch,
        unset=False,
        usual="`false`",
        values="`true`, `false`; needs the set `cart`",
        becomes="the guest's cart goes into the customer's at a sign-in",
        example="merge_carts = true",
    )
    site: str | None = given(
        readers.text(SITE, "a site code of letters, digits, '_', '.' and '-'"),
        unset=None,
        usual="`EMPORIX_SITE`",
        values="a site's code",
        becomes="whose carts they are",
        example='site = "main"',
    )
