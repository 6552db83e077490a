"""The report as JSON, for programs: the names here are an interface and do not change; more may be added."""

from __future__ import annotations

from typing import Any

from bff.audit.report import Report
from bff.audit.requirement import Deviation, Guard, Met
from bff.audit.verdicts import RequirementStatus, Verdict


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
        "requirements": [_requirement(verdict) for verdict in report.verdicts],
        "routes": [
            {
                "method": route.method,
                "path": route.rule,
                "caller": route.caller.value,
                "operations": list(route.operations),
                "bearer": list(route.bearer),
                "csrf": route.csrf.value,
                "limits": list(route.limits),
                "cache": route.cache,
            }
            for route in report.routes
        ],
        "limits": dict(report.limits),
        "cookie": list(report.cookie),
        "headers": [
            {"kind": of.kind, "example": of.example, "headers": [list(pair) for pair in of.headers]}
            for of in report.headers
        ],
        "redis": [
            {
                "key": entry.kept.key,
                "holds": entry.kept.holds,
                "cipher": entry.kept.cipher,
                "lifetime": entry.lifetime,
            }
            for entry in report.kept
        ],
        "tokens": [
            {
                "name": kind.name,
                "created": kind.created,
                "createdBy": list(kind.created_by),
                "stored": kind.stored,
                "sent": kind.sent,
                "sentBy": list(kind.sent_by),
                "destroyed": kind.destroyed,
            }
            for kind in report.tokens
        ],
        "hosts": [{"host": host.host, "whatFor": host.what_for, "encrypted": host.encrypted} for host in report.hosts],
    }


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
    return [*configured, *broken, *lone]


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
