"""The probes of the operator's platform: no cookie, no upstream call, any host."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from bff.errors import SessionStoreUnavailable
from bff.web.paths import HEALTHZ, READYZ
from bff.wiring import Services


def make_blueprint(services: Services) -> Blueprint:
    """Return `/healthz` (the process answers) and `/readyz` (Redis answers)."""
    health = Blueprint("health", __name__)

    @health.get(HEALTHZ)
    def healthz() -> ResponseReturnValue:
        return jsonify(status="ok")

    @health.get(READYZ)
    def readyz() -> ResponseReturnValue:
        try:
            services.store.ping()
        except SessionStoreUnavailable:
            return jsonify(status="unavailable", parts={"redis": "unavailable"}), 503
        return jsonify(status="ok", parts={"redis": "ok"})

    return health
