"""Takes one guard out of a built application, and leaves the rest of it alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from flask import Flask, Response
from flask.sessions import SessionMixin

from bff.audit.offline import offline_services
from bff.factory import Bff, create_app
from bff.operations.model import Operation
from bff.web.session_interface import BffSessionInterface
from tests.support.audit.audit_parts import build, settings


def with_cookie_line(rewritten: Callable[[str], str]) -> Bff:
    """Return an application whose cookies are set otherwise."""

    class Rewriting(BffSessionInterface):
        def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
            super().save_session(app, session, response)
            lines = response.headers.getlist("Set-Cookie")
            response.headers.remove("Set-Cookie")
            for line in lines:
                response.headers.add("Set-Cookie", rewritten(line))

    app = build()
    app.session_interface = Rewriting(app.services)
    return app


def with_header(name: str, value: str | None) -> Bff:
    """Return an application that sends a header otherwise, or not at all."""

    def change(response: Response) -> Response:
        response.headers.pop(name, None)
        if value is not None:
            response.headers[name] = value
        return response

    return with_answer(change)


def with_answer(change: Callable[[Response], Response]) -> Bff:
    """Return an application whose answers are changed last of all."""
    app = build()
    send = app.send

    def changed(answer: Any, environ: Any, start_response: Any) -> Any:
        made = cast("Response", Response.from_app(partial(send, answer), environ, buffered=True))
        with app.request_context(environ):
            made = change(made)
        return made(environ, start_response)

    app.send = changed  # type: ignore[method-assign]  # as a subclass would
    return app


def forgiving(is_forgiven: Callable[[Exception], bool], *, answer: Any = None, **changes: str) -> Bff:
    """Return an application in which one kind of refusal by the checks is none; `answer` is what comes instead."""
    app = build(**changes)
    hooks = app.before_request_funcs[None]
    (place,) = [number for number, hook in enumerate(hooks) if hook.__name__ == "check"]
    checks = hooks[place]

    def lenient() -> Any:
        try:
            return checks()
        except Exception as err:
            if not is_forgiven(err):
                raise
            return answer

    hooks[place] = lenient
    return app


def with_row(name: str, change: Callable[[Operation], Operation]) -> Bff:
    """Return an application on another operation table."""
    built_from = settings()
    services = offline_services(built_from)
    rows = {**services.operations, name: change(services.operations[name])}
    return create_app(built_from, dataclasses.replace(services, operations=rows))


def with_view(rule: str | None, view: Callable[..., Any], endpoint: str = "planted") -> Bff:
    """Return an application with one view more, or, without a rule, with another view at an endpoint."""
    app = build()
    if rule is None:
        app.view_functions[endpoint] = lambda **_: view()
    else:
        app.add_url_rule(rule, endpoint=endpoint, view_func=view)
    return app


def with_wsgi(change: Callable[[Any], None], **changes: str) -> Bff:
    """Return an application that changes what every request brings, before anything else sees it."""
    app = build(**changes)
    inner = app.wsgi_app

    def changing(environ: Any, start_response: Any) -> Any:
        change(environ)
        return inner(environ, start_response)

    app.wsgi_app = changing  # type: ignore[method-assign]  # the way Flask documents
    return app
