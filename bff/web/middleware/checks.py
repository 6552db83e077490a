"""What every request is checked for, in one fixed order, before a view sees it."""

from __future__ import annotations

from flask import Flask, Response

from bff.account.calls import check_feature
from bff.operations.declared import MAX_BODY_BYTES
from bff.web.api.routes import ApiRoute, api_routes
from bff.web.at_hand import asked
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
        request = asked()
        check_lists(request)
        if (elsewhere := hosts.refusal(request)) is not None:
            return elsewhere
        check_path(request)
        if request.routing_exception is not None:
            raise request.routing_exception
        check_address_id(request)
        entry = routes.get(request.endpoint or "")
        if entry is not None and entry.operation.feature is not None:
            check_feature(services.settings.features, entry.operation)
        path = request.path
        if path in PROBES or is_static(path):
            return None
        is_json, is_form = is_api(path), is_page_post(request)
        if not is_json:
            # A page's token is in its body, so the size comes first.
            check_size(request)
        if path == BACKCHANNEL_LOGOUT:
            return None
        check_origin(request, services)
        if (aside := step_aside(request, services)) is not None:
            return aside
        check_cookies(services)
        if is_form and not has_right_token(request) and (late := answer_late_click(services)) is not None:
            return late
        check_token(request, services)
        check_size(request, MAX_BODY_BYTES if entry is None else entry.route.max_body_bytes)
        if is_json:
            check_media_type(request, entry.route if entry is not None else None)
        return answer_second_click(services) if is_form else None

    app.after_request(lambda response: keep_answer(services, response))
