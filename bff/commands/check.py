"""`bff check`: whether all that a shop stands on is there and as it should be; a line for each thing, with a hint.

It changes nothing: see `bff/commands/checks/`. Parts do not wait for each other, and one that fails keeps none from
being looked at.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TextIO

import bff
from bff.commands.checks import emporix, provider, redis
from bff.commands.checks.finding import Finding, Status, Topic, failed, ok, warning
from bff.commands.checks.links import check_links
from bff.commands.checks.storefront import check_storefront
from bff.commands.checks.theme import check_theme
from bff.config.settings import Settings
from bff.errors import ConfigurationError
from bff.log import printable

EXIT_FAILED: Final = 1
EXIT_BAD_CONFIGURATION: Final = 2
_STATUS_COLUMNS: Final = 9
_PART_COLUMNS: Final = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is looked at beside the other parts, in a thread of its own."""

    look: Callable[[Settings], Iterable[Finding]]
    most_seconds: Callable[[Settings], float]
    silent: Topic
    """What has failed where the part does not end in time."""


PARTS: Final = (
    Part(look=redis.check_redis, most_seconds=lambda _: redis.MOST_SECONDS, silent=Topic.CONNECTION),
    Part(look=emporix.check_emporix, most_seconds=emporix.most_seconds, silent=Topic.LOGIN),
    Part(look=provider.check_provider, most_seconds=lambda _: provider.MOST_SECONDS, silent=Topic.DISCOVERY),
)
LOCAL_PARTS: Final[tuple[tuple[Callable[[Settings], Iterable[Finding]], Topic], ...]] = (
    (check_theme, Topic.TEMPLATES),
    (check_storefront, Topic.ROWS),
    (check_links, Topic.LINK_PASSWORD),
)
"""What asks nobody, each with what has failed where it breaks."""


def run_check(environ: Mapping[str, str], out: TextIO, *, json_form: bool) -> int:
    """Print what is found, and return the exit code."""
    findings: list[Finding] = []
    for finding in look(environ):
        findings.append(finding)
        if not json_form:
            print(_line(finding), file=out, flush=True)
    code = exit_code(findings)
    print(json.dumps(as_json(findings), indent=2) if json_form else _summary(findings), file=out)
    return code


def look(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is found, part by part, always in the same order."""
    try:
        settings = Settings.from_env(environ)
    except ConfigurationError as error:
        yield from (_problem(str(one)) for one in error.problems)
        yield from (_unknown(one) for one in error.warnings)
        return
    yield ok(Topic.ENVIRONMENT, "every variable is there and good")
    yield from (_unknown(one) for one in settings.warnings)
    running = [_Running(part, settings) for part in PARTS]
    local = [finding for look_at, broken in LOCAL_PARTS for finding in _looked(look_at, settings, broken)]
    for one in running:
        yield from one.findings()
    yield from local


def exit_code(findings: Iterable[Finding]) -> int:
    """Return 2 where the configuration is wrong, 1 where something else has failed, else 0."""
    wrong = [finding for finding in findings if finding.status is Status.FAILED]
    if any(finding.is_wrong_configuration for finding in wrong):
        return EXIT_BAD_CONFIGURATION
    return EXIT_FAILED if wrong else 0


def as_json(findings: list[Finding]) -> dict[str, Any]:
    """Return what is found as JSON values; names here are an interface and do not change, more may be added."""
    return {
        "version": bff.__version__,
        "status": _worst(findings).value,
        "exitCode": exit_code(findings),
        "findings": [
            {
                "part": finding.topic.part,
                "topic": finding.topic.word,
                "status": finding.status.value,
                "what": finding.what,
                "hint": finding.hint,
            }
            for finding in findings
        ],
    }


class _Running:
    """One part, looked at in a thread: no timeout bounds the look-up of a name."""

    def __init__(self, part: Part, settings: Settings) -> None:
        self._part = part
        self._seconds = part.most_seconds(settings)
        self._ends = time.monotonic() + self._seconds
        self._found: queue.SimpleQueue[Finding | None] = queue.SimpleQueue()
        threading.Thread(target=self._look, args=(settings,), daemon=True).start()

    def findings(self) -> Iterator[Finding]:
        """Yield what is found, as it is found."""
        try:
            while (found := self._found.get(timeout=max(0.0, self._ends - time.monotonic()))) is not None:
                yield found
        except queue.Empty:
            what = f"no answer within {self._seconds:.0f} s"
            yield failed(self._part.silent, what, "See whether names can be looked up here (DNS).")

    def _look(self, settings: Settings) -> None:
        try:
            for finding in _looked(self._part.look, settings, self._part.silent):
                self._found.put(finding)
        finally:
            self._found.put(None)


def _looked(look_at: Callable[[Settings], Iterable[Finding]], settings: Settings, broken: Topic) -> Iterator[Finding]:
    try:
        yield from look_at(settings)
    except Exception as error:  # noqa: BLE001 - it must not hide the other parts, and its text may hold anything
        what = f"could not be looked at: {type(error).__name__}"
        yield failed(broken, what, "This is a fault of the check: please report it.")


def _problem(text: str) -> Finding:
    return failed(Topic.ENVIRONMENT, text, "Set the variable, or its _FILE form.")


def _unknown(text: str) -> Finding:
    return warning(Topic.ENVIRONMENT, text, "Correct its name, or take it away.")


def _worst(findings: Iterable[Finding]) -> Status:
    found = {finding.status for finding in findings}
    return next((status for status in (Status.FAILED, Status.WARNING) if status in found), Status.OK)


def _line(finding: Finding) -> str:
    head = f"{finding.status.value:<{_STATUS_COLUMNS}}{finding.topic.part:<{_PART_COLUMNS}}"
    hint = "" if finding.hint is None else f". {finding.hint}"
    # The name of a file or the word of a server must not make a line of its own, or speak to the terminal.
    return printable(f"{head}{finding.topic.word}: {finding.what}{hint}")


def _summary(findings: list[Finding]) -> str:
    counts = {status: sum(finding.status is status for finding in findings) for status in Status}
    return ", ".join(f"{count} {status.value}" for status, count in counts.items())
