"""How what is met of OAuth 2.0 for Browser-Based Applications could quietly become false: one header, one route, one
place where it does not hold.
"""

from __future__ import annotations

from tests.support.mutation import Mutation

_COOKIE = "bff/web/session_interface.py"
_EVERYWHERE = "tests/web/test_cookie_everywhere.py::test_no_answer_sets_another_cookie_or_sets_it_otherwise"
_SESSION = "tests/web/api/test_session.py"

OF_BROWSER_BASED_APPS: tuple[Mutation, ...] = (
    Mutation(
        guard="upstream is not told the browser's name",
        path="bff/emporix/request.py",
        old="    if bearer is not None:\n        headers[",
        new="    from flask import request\n\n"
        '    headers |= {name: value for name, value in request.headers if name == "User-Agent"}\n'
        "    if bearer is not None:\n        headers[",
        test="tests/web/api/test_input.py::test_of_the_browsers_headers_only_its_languages_go_upstream",
    ),
    Mutation(
        guard="the session's own route tells no token",
        path="bff/web/api/session.py",
        old="        csrfToken=fresh_csrf_token(),\n",
        new="        csrfToken=fresh_csrf_token(),\n"
        "        accessToken=None if tokens is None else tokens.access.reveal(),\n",
        test=f"{_SESSION}::test_no_answer_holds_a_token_of_upstreams",
    ),
    Mutation(
        guard="a token is renewed before it ends",
        path="bff/tokens/renewal.py",
        old=" and not (tokens.due(now) and tokens.renewable(now))",
        new=" and tokens.alive(now)",
        test="tests/tokens/test_broker.py::test_due_token_is_renewed_before_it_is_used",
    ),
    Mutation(
        guard="an unknown outcome of a refresh is no refusal",
        path="bff/tokens/renewal.py",
        old="        except (InvalidToken, UpstreamRejected) as err:\n            if isinstance(",
        new="        except UpstreamError as err:\n            if isinstance(",
        test="tests/tokens/test_renewal_unknown.py::"
        "test_unknown_outcome_with_a_dead_token_is_an_error_that_ends_nothing",
    ),
    Mutation(
        guard="no page may read the cookie that a JSON route sets",
        path=_COOKIE,
        old="            httponly=True,\n",
        new='            httponly=not is_api(g.get("path", "/")),\n',
        test=_EVERYWHERE,
    ),
    Mutation(
        guard="the cookie's path is the whole site's wherever it is set",
        path=_COOKIE,
        old='            path="/",\n',
        new='            path=g.get("path", "/"),\n',
        test=_EVERYWHERE,
    ),
    Mutation(
        guard="the cookie is for no other host",
        path=_COOKIE,
        old="            httponly=True,\n",
        new="            httponly=True,\n"
        '            domain=self._services.settings.serving.public_url.rpartition("/")[2],\n',
        test=_EVERYWHERE,
    ),
    Mutation(
        guard="no other origin reads who is signed in",
        path="bff/web/middleware/headers.py",
        old="            named = {name.lower(): value for name, value in headers}\n",
        new="            named = {name.lower(): value for name, value in headers}\n"
        '            if path == "/api/session":\n'
        '                headers = [*headers, ("Access-Control-Allow-Origin", "*")]\n',
        test="tests/web/middleware/test_csrf.py::test_no_page_of_another_origin_is_ever_let_in",
    ),
    Mutation(
        guard="signing out on a page needs the page's token",
        path="bff/web/middleware/csrf.py",
        old="    if request.method in _SAFE:\n        return\n    if (fault",
        new='    if request.method in _SAFE or request.path == "/logout":\n        return\n    if (fault',
        test="tests/web/middleware/test_csrf.py::test_form_of_a_page_is_checked_like_a_json_route",
    ),
    Mutation(
        guard="a token in the address counts on no page",
        path="bff/web/middleware/csrf.py",
        old="request.form.get(CSRF_FIELD)",
        new="request.values.get(CSRF_FIELD)",
        test="tests/web/middleware/test_csrf.py::test_token_in_the_address_counts_on_no_page",
    ),
    Mutation(
        guard="it is written down that the server sees passwords",
        path="bff/docs/security.md",
        old="what customers type, passwords included, and",
        new="what customers type, and",
        test="tests/docs/test_security.py::test_document_says_what_the_server_sees_and_keeps",
    ),
    Mutation(
        guard="a JSON route takes its own verb alone",
        path="bff/web/api/routes.py",
        old="            methods=[entry.route.method],\n",
        new='            methods=[entry.route.method, "PUT"],\n',
        test="tests/journeys/test_raw_requests.py::test_odd_method_is_refused_and_echoes_nothing",
    ),
)
