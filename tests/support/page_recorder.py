"""Shops whose pages are written in the pseudo-locale, and every page they answered with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, template_rendered

from bff.factory import create_app
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import CannedResponse, Fault
from bff.sandbox.operations import Operation
from bff.sandbox.settings import SandboxSettings
from bff.sandbox.state import Customer
from bff.web.rendering import render
from tests.support.pages import PageBrowser, visitor
from tests.support.shop import Shop, ShopMaker

_OFTEN = {"BFF_RATE_LIMIT_LOGIN": "off", "BFF_RATE_LIMIT_MAIL": "off", "BFF_RATE_LIMIT_GUEST": "off"}
_NO_PAGES = ("/api/", "/static/", "/healthz", "/readyz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One page that was answered with."""

    rule: str | None
    """None: there is no route."""
    method: str
    path: str
    status: int
    html: str


@dataclass(kw_only=True)
class PageRecorder:
    """Opens shops, and keeps what their pages show."""

    make_shop: ShopMaker
    translations: Path
    seen: list[Seen] = field(default_factory=list)
    asked: set[tuple[str, str, bool]] = field(default_factory=set)
    """Rule, method and whether by somebody signed in, of every request that there is a route for."""
    templates: set[str] = field(default_factory=set)
    routes: set[tuple[str, str]] = field(default_factory=set)
    """Rule and method of everything that may answer with a page."""

    def open(self, environment: Mapping[str, str] | None = None, *, sandbox: SandboxSettings | None = None) -> Shop:
        """Open another shop."""
        plain = self.make_shop(sandbox, clock=None, **{**_OFTEN, **(environment or {})})
        app = create_app(plain.settings, plain.services, translations=self.translations)
        app.after_request(self._keep)
        template_rendered.connect(self._rendered, app)
        for rule in app.url_map.iter_rules():
            if not rule.rule.startswith(_NO_PAGES):
                self.routes.update((rule.rule, method) for method in (rule.methods or set()) - {"HEAD"})
        return replace(plain, app=app)

    def render(self, shop: Shop, template: str, **context: Any) -> None:
        """Show a page that hardly anything leads to."""
        with shop.app.test_request_context("/"):
            response = render(template, **context)
        html = response.get_data(as_text=True)
        self.seen.append(Seen(rule=None, method="GET", path=template, status=response.status_code, html=html))

    def _keep(self, response: Response) -> Response:
        rule = request.url_rule.rule if request.url_rule is not None else None
        if rule is not None:
            self.asked.add((rule, request.method, "X-Signed-In" in request.headers))
        html = response.get_data(as_text=True) if response.mimetype == "text/html" else ""
        if html:
            self.seen.append(
                Seen(
                    rule=rule,
                    method=request.method,
                    path=request.full_path,
                    status=response.status_code,
                    html=html,
                )
            )
        return response

    def _rendered(self, app: Flask, template: object, **_: object) -> None:
        self.templates.add(str(getattr(template, "name", None)))


def customer_of(shop: Shop, email: str = B2C_EMAIL) -> Customer:
    """Return what the sandbox keeps of a customer."""
    found = shop.sandbox.state.by_email("demoshop", email)
    assert found is not None, email
    return found


def signed_in(shop: Shop, email: str = B2C_EMAIL, password: str = B2C_PASSWORD) -> PageBrowser:
    """Return somebody who has signed in, and whose requests say so to the recorder."""
    somebody = visitor(shop, X_Signed_In="yes")
    somebody.sign_in(email, password)
    return somebody


def token_of(somebody: PageBrowser) -> str:
    """Return a CSRF token that is good for this visitor's next form."""
    before = somebody.answer, somebody.page
    somebody.get("/password/forgot")
    token = somebody.page.form("/password/forgot").values["csrf_token"]
    somebody.answer, somebody.page = before
    return token


@contextmanager
def answering(shop: Shop, answer: CannedResponse, *operations: str | Operation) -> Iterator[None]:
    """Let operations answer with something else for a while."""
    for operation in operations:
        shop.sandbox.faults.add(operation, Fault(answer=answer))
    yield
    shop.sandbox.faults.clear()
