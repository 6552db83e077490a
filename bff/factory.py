"""`create_app(settings)`: one Flask application, everything built inside, nothing at import."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Flask, Request
from flask_wtf import CSRFProtect
from werkzeug.datastructures import ImmutableDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from bff.account.orders import order_rows
from bff.config.settings import Settings
from bff.events import Event
from bff.operations.declared import MAX_BODY_BYTES
from bff.operations.schemas import MIN_PASSWORD_CHARACTERS
from bff.web import health, paths, security_txt
from bff.web.api import devices as api_devices
from bff.web.api import docs as api_docs
from bff.web.api import openapi
from bff.web.api import routes as api
from bff.web.api import session as api_session
from bff.web.assets import asset_folder
from bff.web.errors import register_errors
from bff.web.forms.choices import name_all
from bff.web.json_answers import PreparedJson
from bff.web.language import FOLDER, Catalogues, register_language
from bff.web.middleware.bodies import READ_AT_MOST_BYTES
from bff.web.middleware.checks import register_checks
from bff.web.middleware.forwarded import DeclaredProxies
from bff.web.middleware.headers import ResponseHeaders
from bff.web.middleware.request_log import register_request_log
from bff.web.page_tokens import register_page_tokens
from bff.web.pages import blueprint as pages
from bff.web.pages import home, languages, shop, social
from bff.web.pages.blank import register_blank_pages
from bff.web.session_interface import BffSessionInterface
from bff.web.social_links import social_links
from bff.web.templates import PageEnvironment
from bff.web.theme import Theme, read_theme, register_theme
from bff.wiring import Services, build_services


class Bff(Flask):
    """Flask, but for the log: an exception's text may hold what must not be written down."""

    # If Flask answered OPTIONS itself, no check of ours would see that method. Set on the class, because Flask makes
    # the route of the static files before the configuration can be changed.
    default_config = ImmutableDict({**Flask.default_config, "PROVIDE_AUTOMATIC_OPTIONS": False})
    jinja_environment = PageEnvironment
    json_provider_class = PreparedJson

    def __init__(self, services: Services) -> None:
        super().__init__(
            "bff",
            static_folder=None,
            template_folder=str(asset_folder("templates")),
        )
        self._headers = ResponseHeaders(services.settings)
        self._server_name = self.url_map.bind(urlsplit(services.settings.serving.public_url).netloc).server_name
        self.services = services
        """Everything behind the application."""
        self._large_bodies = {
            entry.endpoint: entry.route.max_body_bytes
            for entry in api.api_routes(services.operations)
            if entry.route.max_body_bytes > MAX_BODY_BYTES
        }

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what finds a request's route and builds URLs; `HostCheck` alone looks at the host.

        So the refusal of a `Host` that is none is a page like any other.
        """
        if request is None:
            # Without a request there is no host to build URLs for.
            return None
        environ = request.environ
        # As `self.url_map.bind`, which would look at the same host with each request.
        return MapAdapter(
            self.url_map,
            self._server_name,
            environ.get("SCRIPT_NAME") or "/",
            self.url_map.default_subdomain,
            environ["wsgi.url_scheme"],
            environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace"),
            environ["REQUEST_METHOD"],
            environ.get("QUERY_STRING"),
        )

    def largest_body_bytes(self, method: str, path: str) -> int:
        """Return how many bytes a request with this verb and path may bring, for a reader ahead of the route.

        :param path: as it came, percent-encoded
        """
        if not self._large_bodies:
            return MAX_BODY_BYTES
        try:
            endpoint, _ = self.url_map.bind(self._server_name).match(unquote(path, errors="replace"), method=method)
        except HTTPException:
            return MAX_BODY_BYTES
        return self._large_bodies.get(endpoint, MAX_BODY_BYTES)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function as it is; Flask looks at each, with each request, whether it is a coroutine's."""
        return func

    def wsgi_app(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a request."""
        return self.send(super().wsgi_app, environ, start_response)

    def send(self, answer: Callable[..., Any], environ: dict[str, Any], start_response: Any) -> Any:
        """Send an answer, itself a WSGI application, with the headers that every one has."""
        return answer(environ, self._headers.added_to(start_response, environ.get("PATH_INFO", "")))

    def log_exception(self, exc_info: Any) -> None:
        """Report an uncaught exception, without its text."""
        error: BaseException | TracebackType | None = exc_info[1] if exc_info else sys.exc_info()[1]
        if isinstance(error, BaseException):
            self.services.log.emit(Event.INTERNAL_ERROR, exception=error)


def create_app(
    settings: Settings,
    services: Services | None = None,
    *,
    theme: Theme | None = None,
    translations: Path | None = None,
) -> Bff:
    """Build the application that a configuration describes.

    `theme` is what was read from the configuration's folder; None: it is read here. `services` and `translations` (a
    folder of catalogues) are for tests that change one of them.

    :raises ConfigurationError: the theme cannot be read
    """
    theme = theme or read_theme(settings.serving.theme_dir)
    services = services or build_services(settings)
    app = Bff(services)
    app.config.update(
        MAX_CONTENT_LENGTH=READ_AT_MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
        PROPAGATE_EXCEPTIONS=False,
        WTF_CSRF_SECRET_KEY=services.ring.csrf_keys_oldest_first,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_CHECK_DEFAULT=False,
    )
    # `/api//me` must not be another name for `/api/me`: what is decided by path is decided by this path.
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    app.session_interface = BffSessionInterface(services)
    CSRFProtect(app)
    register_page_tokens(app, services.ring.csrf_keys_oldest_first)
    app.jinja_options = {**app.jinja_options, "trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.globals.update(
        social_links=lambda: social_links(services),
        may_add_login=lambda: settings.features.add_login,
        min_password_characters=MIN_PASSWORD_CHARACTERS,
        paths=paths.for_templates(),
        shows_orders=order_rows(services.operations) is not None,
        shop=settings.shop,
    )
    catalogues = Catalogues.read(translations or FOLDER, theme.texts)
    register_language(app, catalogues)
    name_all(catalogues.locales)
    register_theme(app, theme)
    register_blank_pages(app, theme.templates)
    register_request_log(app, services)
    register_errors(app, services)
    register_checks(app, services)
    for blueprint in (
        health.make_blueprint(services),
        home.make_blueprint(services),
        languages.make_blueprint(services),
        shop.make_blueprint(services),
        security_txt.make_blueprint(services),
        api_session.make_blueprint(services),
        api_devices.make_blueprint(services),
        openapi.make_blueprint(services),
        api_docs.make_blueprint(services),
        api.make_blueprint(services),
        pages.make_blueprint(services),
        social.make_blueprint(services),
    ):
        app.register_blueprint(blueprint)
    proxies = settings.serving.trusted_proxies
    if proxies:
        app.wsgi_app = DeclaredProxies(app.wsgi_app, proxies)  # type: ignore[method-assign]  # the way Flask documents
    return app
