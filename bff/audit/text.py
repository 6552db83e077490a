"""The report as plain text, a hundred columns wide: the summary and the findings first, then what they rest on."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Final

from bff.audit.report import Report
from bff.audit.requirement import Deviation, Guard, Met, Source
from bff.audit.routes import AuditedRoute
from bff.audit.verdicts import RequirementStatus, Verdict
from bff.operations.declared import SaasToken
from bff.operations.model import Credential

COLUMNS: Final = 100
_IN_MEMORY: Final = (
    "In the memory of each process, besides: the server's own guest tokens, and answers that they have brought, for as "
    "many seconds as their row says."
)
_LABEL: Final = {
    RequirementStatus.MET: "met",
    RequirementStatus.DEVIATION: "DEVIATION",
    RequirementStatus.NOT_APPLICABLE: "n/a",
    RequirementStatus.BROKEN: "BROKEN",
    RequirementStatus.UNPROVEN: "UNPROVEN",
}


def as_text(report: Report) -> str:
    """Return the report as text, with a line break at its end."""
    parts = (
        _summary(report),
        _findings(report),
        _requirements(report),
        _routes(report),
        _cookie(report),
        _headers(report),
        _kept(report),
        _tokens(report),
        _hosts(report),
        _sets(report),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _summary(report: Report) -> Iterator[str]:
    yield f"Audit of {report.public_url}"
    yield ""
    yield f"{_number(report.findings, 'finding')}"
    yield (
        f"{_number(len(report.verdicts), 'requirement')}: {report.count(RequirementStatus.MET)} met, "
        f"{_number(report.count(RequirementStatus.DEVIATION), 'deviation')}, "
        f"{report.count(RequirementStatus.NOT_APPLICABLE)} not applicable, "
        f"{report.count(RequirementStatus.BROKEN, RequirementStatus.UNPROVEN)} broken or unproven"
    )
    routes = len({route.rule for route in report.routes})
    yield f"{_number(routes, 'path')}, {_number(len(report.routes), 'route')}, {_number(report.probes, 'probe')}"
    holding = len(Guard) - len(report.failed)
    yield f"{_number(len(Guard), 'guard')} checked on the running application, {holding} of them hold"
    if report.tests is None:
        yield "The tests are not at hand: no name of a test could be looked up. Run this in a checkout for that."
    else:
        yield f"{_number(report.tests, 'test function')} at hand; each one that is named below exists, or is a finding"


def _findings(report: Report) -> Iterator[str]:
    yield from _title("Findings")
    if not report.findings:
        yield "None."
    for weakness in report.weaknesses:
        yield from _wrapped(f"{weakness.variable}: {weakness.wrong}", "  ", first="- ")
        yield from _wrapped(f"breaks {weakness.breaks}", "  ", first="  ")
        ids = [verdict.requirement.id for verdict in report.broken_by(weakness)]
        if ids:
            yield from _wrapped(f"so these do not hold: {', '.join(ids)}", "  ", first="  ")
    for row in report.doubtful:
        yield from _wrapped(row.wrong, "  ", first="- ")
        yield from _wrapped(f"breaks {row.breaks}", "  ", first="  ")
    for verdict in report.broken:
        yield from _wrapped(f"{verdict.requirement.id}: {verdict.requirement.demands}", "  ", first="- ")
        for guard in verdict.failed:
            yield from _wrapped(f"{guard.value} does not hold: {report.failed[guard]}", "    ", first="  ")
        for name in verdict.missing:
            yield from _wrapped(f"no such test: {name}", "    ", first="  ")
        if not verdict.failed and not verdict.missing:
            yield "  no test is named for it"
    for guard in report.lone_guards:
        yield from _wrapped(f"{guard.value} does not hold: {report.failed[guard]}", "  ", first="- ")
    if report.notes:
        yield from _title("Switched on, and no finding")
    for note in report.notes:
        yield from _wrapped(note, "  ", first="- ")


def _requirements(report: Report) -> Iterator[str]:
    for source in Source:
        verdicts = [verdict for verdict in report.verdicts if verdict.requirement.source is source]
        if not verdicts:
            continue
        yield from _title(source.value)
        for verdict in sorted(verdicts, key=_by_section):
            yield from _requirement(verdict)


def _by_section(verdict: Verdict) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", verdict.requirement.section)]


def _requirement(verdict: Verdict) -> Iterator[str]:
    requirement, answer = verdict.requirement, verdict.requirement.answer
    head = f"{_LABEL[verdict.status]:<10}{requirement.section} [{requirement.level}] "
    yield from _wrapped(requirement.demands, " " * 10, first=head)
    if isinstance(answer, Met):
        yield from _wrapped(answer.how, " " * 12, first=" " * 10)
        if answer.guards:
            words = ", ".join(guard.value for guard in answer.guards)
            yield from _wrapped(words, " " * 12, first=" " * 10 + "checked now: ")
    elif isinstance(answer, Deviation):
        yield from _wrapped(answer.reason, " " * 12, first=" " * 10 + "why: ")
        yield from _wrapped(answer.compensation, " " * 12, first=" " * 10 + "instead: ")
    else:
        yield from _wrapped(answer.reason, " " * 12, first=" " * 10 + "why: ")
        return
    for name in answer.tests:
        path, _, test = name.partition("::")
        line = f"{' ' * 10}test: {name}"
        yield from [line] if len(line) <= COLUMNS else [f"{' ' * 10}test: {path}::", f"{' ' * 12}{test}"]


def _routes(report: Report) -> Iterator[str]:
    yield from _title("Routes")
    for name, words in report.limits.items():
        yield from _wrapped(words, "      ", first=f"limit {name}: ")
    yield ""
    for route in report.routes:
        yield from _route(route)


def _route(route: AuditedRoute) -> Iterator[str]:
    yield f"{route.method:<7}{route.rule}"
    limited = [*route.limits, *([f"its own ({route.own_limit})"] if route.own_limit else [])]
    limits = f" Limits: {', '.join(limited)}." if limited else ""
    words = f"For {route.caller.value}. CSRF: {route.csrf.value}. Cache: {route.cache}.{limits}"
    yield from _wrapped(words, " " * 9)
    if route.operations:
        sent = [f"bearer: {' or '.join(route.bearer)}"] if route.bearer else []
        sent += [f"saas-token {route.saas_token}"] if route.saas_token != SaasToken.NEVER.value else []
        words = f" ({'; '.join(sent)})" if sent else ""
        declared = f" Declared by {route.declared_by}." if route.declared_by else ""
        logged = " Audited." if route.is_audited else ""
        yield from _wrapped(f"Upstream: {', '.join(route.operations)}{words}.{declared}{logged}", " " * 9)


def _cookie(report: Report) -> Iterator[str]:
    yield from _title("The cookie, as it was set")
    yield from _wrapped("; ".join(report.cookie) or "None was set.", "  ", first="")


def _headers(report: Report) -> Iterator[str]:
    yield from _title("Response headers, as they were sent")
    for of in report.headers:
        yield f"{of.kind}: {of.example}"
        for name, value in of.headers:
            yield from _wrapped(value, "      ", first=f"  {name}: ")


def _kept(report: Report) -> Iterator[str]:
    yield from _title("Kept in Redis")
    for entry in report.kept:
        yield entry.kept.key
        yield from _wrapped(entry.kept.holds, "    ", first="  holds: ")
        yield from _wrapped(entry.kept.cipher, "    ", first="  cipher: ")
        yield from _wrapped(entry.lifetime, "    ", first="  until: ")
    if any(Credential.SHARED.value in route.bearer for route in report.routes):
        yield from _wrapped(_IN_MEMORY, "  ", first="")


def _tokens(report: Report) -> Iterator[str]:
    yield from _title("Tokens, and what is as secret")
    for kind in report.tokens:
        yield kind.name
        yield from _wrapped(_with_rows(kind.created, kind.created_by), "    ", first="  created: ")
        yield from _wrapped(kind.stored, "    ", first="  stored: ")
        yield from _wrapped(_with_rows(kind.sent, kind.sent_by), "    ", first="  sent: ")
        yield from _wrapped(kind.destroyed, "    ", first="  destroyed: ")


def _with_rows(words: str, rows: Iterable[str]) -> str:
    named = ", ".join(rows)
    return f"{words} ({named})" if named else words


def _hosts(report: Report) -> Iterator[str]:
    yield from _title("Outgoing connections")
    for host in report.hosts:
        yield f"{host.host}: {host.what_for} ({'TLS' if host.encrypted else 'not encrypted'})"


def _sets(report: Report) -> Iterator[str]:
    if not report.sets:
        return
    yield from _title("Shipped sets of further operations")
    for one in report.sets:
        yield from _wrapped(f"{one.name}: {_number(one.rows, 'row')}, written from {one.source}", "    ", first="")


def _title(words: str) -> Iterator[str]:
    yield ""
    yield words
    yield "-" * len(words)


def _wrapped(words: str, indent: str, *, first: str | None = None) -> Iterator[str]:
    if not words:
        return
    yield from textwrap.wrap(
        words,
        COLUMNS,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _number(count: int, of: str) -> str:
    return f"{count} {of}" if count == 1 else f"{count} {of}s"
