"""Documents that are shaped as the vendor's, with their oddities; and one of them with a value changed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bff.storefront.openapi.loading import load

FOLDER = Path(__file__).parent / "vendor_documents"
CART, ORDERS, LABELS, OTHERS = (FOLDER / name for name in ("cart.yaml", "orders.json", "labels.yaml", "others.yaml"))
ALL = (CART, ORDERS, LABELS, OTHERS)

Place = tuple[str | int, ...]


def content(path: Path) -> dict[str, Any]:
    """Return what a document holds, to be changed."""
    return copy.deepcopy(load(path))


def written(folder: Path, document: Any, name: str = "api.json") -> Path:
    """Write a document as JSON, and return its path."""
    path = folder / name
    path.write_text(json.dumps(document), "utf-8")
    return path


def places(node: Any, so_far: Place = ()) -> Iterator[Place]:
    """Yield where each value of a document stands."""
    entries = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for key, value in entries:
        yield (*so_far, key)
        yield from places(value, (*so_far, key))


def replaced(document: Any, place: Place, value: Any) -> Any:
    """Return a copy of a document with another value at one place."""
    changed = copy.deepcopy(document)
    node = changed
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
    return changed
