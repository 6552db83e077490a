"""`bff routes import` and `bff routes diff`: the vendor's document as rows to complete, and beside those there are.

Neither asks anybody, and neither needs any configuration.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, TextIO

from bff.log import printable
from bff.storefront.file import shipped_sets
from bff.storefront.model import Storefront
from bff.storefront.openapi.differences import Difference, differences
from bff.storefront.openapi.drafts import HEAD, choose, drafts
from bff.storefront.openapi.errors import DocumentError
from bff.storefront.openapi.known import Key, key_of, known_documents
from bff.storefront.openapi.loading import load
from bff.storefront.openapi.operations import Api
from bff.storefront.reader import Examined, examine, examine_text

EXIT_DIFFERENT: Final = 1
EXIT_NOT_ALL: Final = 1
EXIT_UNREADABLE: Final = 2
_DATE: Final = re.compile(r"\b(20[0-9]{2}-[0-9]{2}-[0-9]{2})\b")
_COLUMN: Final = 9


def import_rows(path: Path, wanted: Sequence[str], out: TextIO, err: TextIO) -> int:
    """Print some operations of a document as rows; return the exit code.

    :param wanted: their ids, or verb and path
    """
    try:
        api = Api(load(path))
        written = drafts(api, choose(api, wanted))
    except DocumentError as error:
        return _unreadable(path, error, err)
    rows = [draft.row for draft in written if draft.row]
    if rows:
        print(HEAD + "".join(f"\n{row}" for row in rows), end="", file=out)
    for draft in written:
        for fault in draft.faults:
            print(printable(f"{draft.title} is not written: {fault}"), file=err)
    return 0 if len(rows) == len(written) else EXIT_NOT_ALL


def diff_rows(path: Path, file: Path | None, out: TextIO, err: TextIO) -> int:
    """Print what a document has in another way than the rows; return the exit code.

    :param file: whose rows, with the sets that it names; None: those of all shipped sets
    """
    examined = _all_sets() if file is None else examine(file)
    for problem in examined.problems:
        print(printable(str(problem)), file=err)
    if examined.problems:
        return EXIT_UNREADABLE
    try:
        api = Api(load(path))
        operations = [api.operation(found) for found in api.found()]
    except DocumentError as error:
        return _unreadable(path, error, err)
    found = differences(operations, examined.storefront.operations, known_documents())
    for line in _lines(found):
        print(printable(line), file=out)
    concerned = {key_of(one.method, one.path) for one in operations} | {
        key_of(one.row.method, one.row.path) for one in found if one.row is not None
    }
    for line in _ages(concerned, examined.storefront, path) if found else ():
        print(printable(line), file=out)
    return EXIT_DIFFERENT if found else 0


def _all_sets() -> Examined:
    return examine_text(f"{HEAD}sets = [{', '.join(f'{one!r}' for one in shipped_sets())}]\n")


def _unreadable(path: Path, error: DocumentError, err: TextIO) -> int:
    print(printable(f"{path} {error}"), file=err)
    return EXIT_UNREADABLE


def _lines(found: Iterable[Difference]) -> Iterator[str]:
    for one in found:
        named = [] if one.row is None else [one.row.name]
        told = ": ".join([*named, *([one.told] if one.told else [])])
        yield f"{one.change.value.ljust(_COLUMN)}{one.title}{f'  {told}' if told else ''}"


def _ages(asked: Container[Key], storefront: Storefront, path: Path) -> Iterator[str]:
    """Yield of which sets one of the two, the set's source or the document, is older than the other.

    :param asked: what the sets' rows have to ask for
    """
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    concerned = {
        row.declared.set_name
        for row in storefront.operations.values()
        if row.declared is not None and row.declared.set_name is not None and key_of(row.method, row.path) in asked
    }
    for name in sorted(concerned):
        source = storefront.sources[name]
        day = _DATE.search(source)
        if day is None:
            continue
        before = date.fromisoformat(day[1])
        if before < written:
            yield f"{'older'.ljust(_COLUMN)}set {name}, written from {source}: {path.name} is of {written}"
        elif written < before:
            yield f"{'older'.ljust(_COLUMN)}{path.name}, of {written}: set {name} was written from {source}"
