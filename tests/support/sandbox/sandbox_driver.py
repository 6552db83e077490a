"""Drives a sandbox over real HTTP, as a client that knows nothing but the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from bff.sandbox import demo_customers
from bff.sandbox.factory import Sandbox
from bff.sandbox.mails import Purpose

NEW_EMAIL = "new.customer@example.com"
NEW_PASSWORD = "Amber-Meadow-52"


class FakeClock:
    """Unix seconds that pass only when told to."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def pass_seconds(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Driver:
    sandbox: Sandbox
    url: str
    http: requests.Session = field(default_factory=requests.Session)
    replies: list[requests.Response] = field(default_factory=list)
    """Every reply so far, oldest first."""

    def call(
        self,
        method: str,
        path: str,
        bearer: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> requests.Response:
        """Call a path below the tenant's own, or an absolute one that starts with two slashes."""
        sent = dict(headers or {})
        if bearer is not None:
            sent["Authorization"] = f"Bearer {bearer}"
        full = path[1:] if path.startswith("//") else f"/customer/{self.sandbox.settings.tenant}{path}"
        reply = self.http.request(method, self.url + full, headers=sent, timeout=40, **request)
        self.replies.append(reply)
        return reply

    def anonymous_reply(self, **query: str) -> requests.Response:
        settings = self.sandbox.settings
        params = {"tenant": settings.tenant, "client_id": settings.client_id, **query}
        return self.call("GET", "//customerlogin/auth/anonymous/login", params=params)

    def anonymous(self) -> dict[str, Any]:
        reply = self.anonymous_reply()
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def anonymous_refresh(self, **query: str) -> requests.Response:
        settings = self.sandbox.settings
        params = {"tenant": settings.tenant, "client_id": settings.client_id, **query}
        return self.call("GET", "//customerlogin/auth/anonymous/refresh", params=params)

    def guest(self) -> str:
        return str(self.anonymous()["access_token"])

    def login_reply(self, email: str, password: str, guest: str | None = None) -> requests.Response:
        body = {"email": email, "password": password}
        return self.call("POST", "/login", guest or self.guest(), json=body)

    def login(self, email: str, password: str, guest: str | None = None) -> dict[str, Any]:
        reply = self.login_reply(email, password, guest)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def b2c(self) -> str:
        return str(self.login(demo_customers.B2C_EMAIL, demo_customers.B2C_PASSWORD)["access_token"])

    def b2b(self) -> str:
        return str(self.login(demo_customers.B2B_EMAIL, demo_customers.B2B_PASSWORD)["access_token"])

    def refresh(self, refresh_token: str, bearer: str | None = None, **query: str) -> requests.Response:
        params = {"refreshToken": refresh_token, **query}
        return self.call("GET", "/refreshauthtoken", bearer or self.guest(), params=params)

    def me(self, bearer: str, **query: str) -> dict[str, Any]:
        reply = self.call("GET", "/me", bearer, params=query)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def signup(self, email: object = NEW_EMAIL, password: object = NEW_PASSWORD, **more: object) -> requests.Response:
        return self.call("POST", "/signup", self.guest(), json={"email": email, "password": password, **more})

    def mailed(self, purpose: Purpose) -> str:
        return self.sandbox.mails.last(purpose).token


Start = Callable[..., Driver]
"""Starts a sandbox with the settings that are given."""


def fault_code(reply: requests.Response) -> str:
    """Return the gateway's error code of a reply that has to be in the gateway's shape."""
    body = reply.json()
    assert set(body) == {"fault"}
    assert set(body["fault"]) == {"faultstring", "detail"}
    return str(body["fault"]["detail"]["errorcode"])


def error_type(reply: requests.Response) -> str:
    """Return the type of an error that has to be in the shape of the service."""
    body = reply.json()
    assert body["status"] == reply.status_code
    assert body["message"]
    return str(body["type"])


def error_fields(reply: requests.Response) -> list[str]:
    """Return the fields that an error of the service names."""
    assert error_type(reply) == "validation_failure"
    return [detail["field"] for detail in reply.json()["details"]]
