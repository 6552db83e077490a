"""The probes of the operator's platform: no cookie, no upstream call, any host."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from bff.web.paths import HEALTHZ, READYZ
from bff.wiring import Services


def make_blueprint(services: Services) -> Blueprint:
    """Return `/healthz` (the process answers) and `/readyz` (sessions can be kept in Redis).

    The second says which part fails and why; where that part is, stands in the log alone. A service of upstream's that
    fails leaves it at 200: another instance would fare no better, and all else is answered here.
    """
    health = Blueprint("health", __name__)

    @health.get(HEALTHZ)
    def healthz() -> ResponseReturnValue:
        return jsonify(status="ok")

    @health.get(READYZ)
    def readyz() -> ResponseReturnValue:
        fault = services.readiness.check()
        if fault is not None:
            causes = {"redis": {"cause": fault.cause, "command": fault.command}}
            return jsonify(status="unavailable", parts={"redis": "unavailable"}, causes=causes), 503
        if failing := services.client.open_services:
            parts = {"redis": "ok", "emporix": "degraded"}
            return jsonify(status="degraded", parts=parts, causes={"emporix": {"services": failing}})
        return jsonify(status="ok", parts={"redis": "ok"})

    return health
