"""The report as JSON, for programs: the names here are an interface and do not change; more may be added."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from pydantic.alias_generators import to_camel

from bff.audit.report import Report
from bff.audit.requirement import Deviation, Guard, Met
from bff.audit.verdicts import RequirementStatus, Verdict

_RENAMED = {"rule": "path"}


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON values."""
    return {
        "publicUrl": report.public_url,
        "probes": report.probes,
        "tests": report.tests,
        "summary": {
            "findings": report.findings,
            "met": report.count(RequirementStatus.MET),
            "deviations": report.count(RequirementStatus.DEVIATION),
            "notApplicable": report.count(RequirementStatus.NOT_APPLICABLE),
            "broken": report.count(RequirementStatus.BROKEN),
            "unproven": report.count(RequirementStatus.UNPROVEN),
        },
        "guards": [{"name": guard.value, "wrong": report.failed.get(guard)} for guard in Guard],
        "findings": _findings(report),
        "notes": list(report.notes),
        "requirements": [_requirement(verdict) for verdict in report.verdicts],
        "routes": [{_RENAMED.get(name, name): is_ for name, is_ in _plain(route).items()} for route in report.routes],
        "limits": dict(report.limits),
        "cookie": list(report.cookie),
        "headers": _plain(report.headers),
        "redis": [_plain(entry.kept) | {"lifetime": entry.lifetime} for entry in report.kept],
        "tokens": _plain(report.tokens),
        "hosts": _plain(report.hosts),
        "sets": _plain(report.sets),
    }


def _plain(value: Any) -> Any:
    """Return a value of the report as JSON values: objects by their fields, in camel case."""
    if is_dataclass(value):
        return {to_camel(field.name): _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value.value if isinstance(value, Enum) else value


def _findings(report: Report) -> list[dict[str, Any]]:
    configured = [
        {
            "kind": "configuration",
            "name": weakness.name,
            "variable": weakness.variable,
            "wrong": weakness.wrong,
            "breaks": weakness.breaks,
            "requirements": [verdict.requirement.id for verdict in report.broken_by(weakness)],
        }
        for weakness in report.weaknesses
    ]
    declared = [{"kind": "storefront", **_plain(one)} for one in report.doubtful]
    broken = [
        {
            "kind": verdict.status.value,
            "name": verdict.requirement.id,
            "wrong": "; ".join([*(report.failed[guard] for guard in verdict.failed), *_missing(verdict)]),
            "guards": [guard.value for guard in verdict.failed],
            "missingTests": list(verdict.missing),
        }
        for verdict in report.broken
    ]
    lone = [{"kind": "guard", "name": guard.value, "wrong": report.failed[guard]} for guard in report.lone_guards]
    return [*configured, *declared, *broken, *lone]


def _missing(verdict: Verdict) -> list[str]:
    return [f"no such test: {name}" for name in verdict.missing]


def _requirement(verdict: Verdict) -> dict[str, Any]:
    requirement, answer = verdict.requirement, verdict.requirement.answer
    body: dict[str, Any] = {
        "id": requirement.id,
        "source": requirement.source.value,
        "section": requirement.section,
        "level": requirement.level,
        "demands": requirement.demands,
        "verdict": verdict.status.value,
    }
    if isinstance(answer, Met):
        body |= {"how": answer.how, "tests": list(answer.tests), "guards": [guard.value for guard in answer.guards]}
    elif isinstance(answer, Deviation):
        body |= {"reason": answer.reason, "compensation": answer.compensation, "tests": list(answer.tests)}
    else:
        body |= {"reason": answer.reason}
    return body | {
        "failedGuards": [guard.value for guard in verdict.failed],
        "missingTests": list(verdict.missing),
    }
