"""What the vendor's documents say, as `bff routes diff` compares the next ones with it.

`python -m` this, with a checkout of their repository, writes it anew; the sets' `source` then has to name its commit.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from bff.storefront.openapi.known import DOCUMENTS, Facts, facts_of, known_documents
from bff.storefront.openapi.loading import load
from bff.storefront.openapi.operations import Api


def facts_in(path: Path) -> list[Facts]:
    """Return what a document says of each of its operations."""
    api = Api(load(path))
    return [facts_of(api.operation(found)) for found in api.found()]


def as_text(documents: Iterable[tuple[str, Iterable[Facts]]]) -> str:
    """Return what the file holds, an operation a line."""
    parts = []
    for path, operations in documents:
        lines = [
            f"    {json.dumps(one.title)}: {json.dumps([sorted(one.query), list(one.success), one.body])}"
            for one in operations
        ]
        parts.append(f"  {json.dumps(path)}: {{\n" + ",\n".join(lines) + "\n  }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(folder: Path) -> None:
    """Write the file from the documents that it names already."""
    paths = [document.path for document in known_documents()]
    DOCUMENTS.write_text(as_text((path, facts_in(folder / path)) for path in paths), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
