"""`bff routes check` and `bff routes list`: a storefront's file with all that is wrong, and every operation there is.

Neither asks anybody. A check needs the file alone, and no other configuration.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

from bff.config.model import Rate
from bff.config.settings import Settings
from bff.log import printable
from bff.operations.declared import SaasToken
from bff.operations.model import Credential, Operation
from bff.storefront.reader import examine, read_storefront

EXIT_BAD_FILE: Final = 2
_UNITS: Final = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}
_BETWEEN: Final = "  "
NO_ROUTE: Final = "-"
"""Where the server alone asks for an operation."""


def check_file(path: Path, out: TextIO, err: TextIO) -> int:
    """Print what is wrong with a file and what may not be meant, and return the exit code."""
    found = examine(path)
    for doubt in found.storefront.warnings:
        print(printable(f"warning: {doubt}"), file=err)
    for problem in found.problems:
        print(printable(str(problem)), file=err)
    if found.problems:
        return EXIT_BAD_FILE
    number = len(found.storefront.operations)
    told = "1 further operation" if number == 1 else f"{number} further operations"
    warnings = len(found.storefront.warnings)
    if warnings:
        print(f"{told}, with {'1 warning' if warnings == 1 else f'{warnings} warnings'}.", file=out)
    else:
        print(f"{told}, and nothing is wrong with {'it' if number == 1 else 'them'}.", file=out)
    return 0


def list_routes(settings: Settings, out: TextIO) -> int:
    """Print each operation with its route, and what goes with it; return the exit code."""
    lines = [
        line
        for operation in read_storefront(settings.serving.storefront).with_built_in().values()
        for line in _lines(operation)
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print(_BETWEEN.join(cells).rstrip(), file=out)
    return 0


def _lines(operation: Operation) -> Iterator[tuple[str, ...]]:
    places = [(route.method, route.path) for route in operation.routes] or [(operation.method, NO_ROUTE)]
    for method, path in places:
        yield method, path, _bearer(operation), operation.name, _set(operation), " ".join(_besides(operation))


def _bearer(operation: Operation) -> str:
    if not operation.accepts:
        return "no token"
    # As the file would say it; the first is the one that is preferred.
    return {
        (Credential.CUSTOMER, Credential.ANONYMOUS): "visitor",
        (Credential.ANONYMOUS, Credential.CUSTOMER): "guest or customer",
        (Credential.CUSTOMER,): "customer",
        (Credential.ANONYMOUS,): "guest",
        (Credential.SHARED,): "shared",
        (Credential.CUSTOMER, Credential.SHARED): "public",
    }[operation.accepts]


def _set(operation: Operation) -> str:
    if operation.declared is None:
        return "built-in"
    return operation.declared.set_name or "own"


def _besides(operation: Operation) -> Iterator[str]:
    if operation.saas_token is not SaasToken.NEVER:
        yield f"saas-token={operation.saas_token.value}"
    if operation.rate is not None:
        yield f"limit={_rate(operation.rate)}"
    for limited in operation.limits:
        yield f"limit={limited.kind.value.lower()}"
    if operation.needs_reauthentication:
        yield "recent-proof"
    if operation.audited is not None:
        yield "audit"
    if operation.cache_seconds:
        yield f"cache={operation.cache_seconds}"


def _rate(rate: Rate) -> str:
    return f"{rate.count}/{_UNITS.get(rate.window_seconds, f'{rate.window_seconds} seconds')}"
