"""The probes of the operator's platform: no cookie, no upstream call, any host."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from bff.web.paths import HEALTHZ, READYZ
from bff.wiring import Services


def make_blueprint(services: Services) -> Blueprint:
    """Return `/healthz` (the process answers) and `/readyz` (sessions can be kept in Redis).

    The second says which part fails and why; where that part is, stands in the log alone.
    """
    health = Blueprint("health", __name__)

    @health.get(HEALTHZ)
    def healthz() -> ResponseReturnValue:
        return jsonify(status="ok")

    @health.get(READYZ)
    def readyz() -> ResponseReturnValue:
        fault = services.readiness.check()
        if fault is None:
            return jsonify(status="ok", parts={"redis": "ok"})
        causes = {"redis": {"cause": fault.cause, "command": fault.command}}
        return jsonify(status="unavailable", parts={"redis": "unavailable"}, causes=causes), 503

    return health
