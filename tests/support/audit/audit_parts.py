"""A sound production configuration, and applications built from it as the audit builds them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from pathlib import Path

from bff.audit.guards import failed_guards
from bff.audit.offline import offline_services
from bff.audit.probe import probe, silence
from bff.audit.requirement import Guard
from bff.config.settings import Settings
from bff.factory import Bff, create_app

PASSWORD = "hunter2-in-redis"
CHECKOUT = Path(__file__).resolve().parents[3]


def new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


def production(**changes: str) -> dict[str, str]:
    """Return the environment of a shop that a reviewer has nothing to say against."""
    return {
        "EMPORIX_TENANT": "myshop",
        "EMPORIX_CLIENT_ID": "storefrontKey123",
        "REDIS_URL": f"rediss://bff:{PASSWORD}@redis.internal:6379/0",
        "BFF_PUBLIC_URL": "https://shop.example.com",
        "BFF_TRUSTED_PROXIES": "1",
        "BFF_SECRET_KEYS": new_key(),
        "AUTH0_ISSUER": "https://shop.eu.auth0.com/",
        "AUTH0_CLIENT_ID": "app",
        **changes,
    }


def settings(**changes: str) -> Settings:
    return Settings.from_env(production(**changes))


def build(**changes: str) -> Bff:
    built_from = settings(**changes)
    return create_app(built_from, offline_services(built_from))


def failed_in(app: Bff) -> Mapping[Guard, str]:
    """Return the guards that do not hold in an application."""
    probed = probe(app, app.services)
    with silence():
        return failed_guards(probed, app)
