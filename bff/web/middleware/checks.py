"""What every request is checked for, in one fixed order, before a view sees it."""

from __future__ import annotations

from flask import Flask, Response, request

from bff.account.calls import check_feature
from bff.web.api.routes import ApiRoute, api_routes
from bff.web.middleware.bodies import check_media_type, check_size
from bff.web.middleware.csrf import check_cookies, check_origin, check_token, has_right_token
from bff.web.middleware.hosts import HostCheck
from bff.web.middleware.lists import check_lists
from bff.web.middleware.second_click import answer_late_click, answer_second_click, is_page_post, keep_answer
from bff.web.middleware.strict_bounce import step_aside
from bff.web.paths import BACKCHANNEL_LOGOUT, PROBES, check_address_id, check_path, is_api, is_static
from bff.wiring import Services


def register_checks(app: Flask, services: Services) -> None:
    """Check every request in one fixed order: lists, host, route, origin, cookies, token, size, type, second click.

    A request of another site that is not refused may be one of a browser that hides its cookie: the step aside comes
    before anything that would miss it.
    """
    routes: dict[str, ApiRoute] = {entry.endpoint: entry for entry in api_routes(services.operations)}
    hosts = HostCheck(services)

    @app.before_request
    def check() -> Response | None:
        check_lists()
        if (elsewhere := hosts.refusal()) is not None:
            return elsewhere
        check_path()
        if request.routing_exception is not None:
            raise request.routing_exception
        check_address_id()
        entry = routes.get(request.endpoint or "")
        if entry is not None:
            check_feature(services.settings.features, entry.operation)
        if request.path in PROBES or is_static(request.path):
            return None
        if not is_api(request.path):
            # A page's token is in its body, so the size comes first.
            check_size()
        if request.path == BACKCHANNEL_LOGOUT:
            return None
        check_origin(services)
        if (aside := step_aside(services)) is not None:
            return aside
        check_cookies(services)
        if is_page_post() and not has_right_token() and (late := answer_late_click(services)) is not None:
            return late
        check_token(services)
        check_size()
        if is_api(request.path):
            check_media_type(entry.route if entry is not None else None)
        return answer_second_click(services) if is_page_post() else None

    app.after_request(lambda response: keep_answer(services, response))
