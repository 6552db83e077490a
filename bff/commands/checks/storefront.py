"""The storefront's file as `bff check` sees it: read and checked as a whole, as at the start."""

from __future__ import annotations

from collections.abc import Iterator

from bff.commands.checks.finding import Finding, Topic, failed, ok, warning
from bff.config.settings import Settings
from bff.errors import ConfigurationError
from bff.storefront.reader import examine


def check_storefront(settings: Settings) -> Iterator[Finding]:
    """Look at the file that a configuration names."""
    path = settings.serving.storefront
    if path is None:
        yield ok(Topic.ROWS, "none is configured: there are the built-in operations alone")
        return
    found = examine(path)
    for problem in found.problems:
        what = f"{problem.where}: {problem.what}"
        yield failed(Topic.ROWS, what, f"Correct the file that BFF_STOREFRONT names, e.g. {problem.example}")
    try:
        found.storefront.sign_in.merge_site(settings.emporix.site)
    except ConfigurationError as error:
        for missing in error.problems:
            yield failed(Topic.ROWS, f"{missing.variable} {missing.what}", f"Set {missing.variable}, or site there.")
    if not found.problems:
        yield ok(Topic.ROWS, f"further operations: {len(found.storefront.operations)}")
    for doubt in found.storefront.warnings:
        yield warning(Topic.ROWS, str(doubt), "See that it is meant so.")
