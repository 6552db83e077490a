"""The answers to *OAuth 2.0 for Browser-Based Applications*, 6.1.3.2 and 6.1.3.3: the cookie, and forged requests."""

from __future__ import annotations

from functools import partial
from typing import Final

from bff.audit.requirement import Deviation, Guard, Met, Requirement, Source

_row = partial(Requirement, source=Source.BROWSER_BASED_APPS)

ROWS: Final[tuple[Requirement, ...]] = (
    _row(
        section="6.1.3.2",
        slug="secure",
        level="MUST",
        demands="Every cookie is Secure.",
        answer=Met(
            tests=(
                "tests/web/test_cookie_everywhere.py::test_no_answer_sets_another_cookie_or_sets_it_otherwise",
                "tests/web/test_session_interface.py::test_cookie_on_https_is_a_host_cookie",
            ),
            guards=(Guard.COOKIE_SECURE,),
            how="Without Secure only where the public URL is http, which the settings admit on loopback alone.",
        ),
    ),
    _row(
        section="6.1.3.2",
        slug="http-only",
        level="MUST",
        demands="Every cookie is HttpOnly.",
        answer=Met(
            tests=("tests/web/test_cookie_everywhere.py::test_no_answer_sets_another_cookie_or_sets_it_otherwise",),
            guards=(Guard.COOKIE_HTTP_ONLY, Guard.ONE_COOKIE_ONLY),
            how="There is one cookie; the CSRF token travels in bodies and a header, not in a readable cookie.",
        ),
    ),
    _row(
        section="6.1.3.2",
        slug="same-site",
        level="SHOULD",
        demands="The session cookie is SameSite=Strict.",
        answer=Deviation(
            reason=(
                "The default is Lax: with Strict a customer who follows a mailed link, or comes back from the identity "
                "provider, looks signed out."
            ),
            compensation=(
                "SameSite is not what guards: token, Fetch Metadata and Origin are checked on every change. "
                "BFF_COOKIE_SAMESITE=Strict is one setting away; such arrivals then go through a bounce page."
            ),
            tests=(
                "tests/web/middleware/test_csrf.py::test_forged_request_is_refused_on_every_route_and_changes_nothing",
                "tests/web/test_session_interface.py::test_cookie_on_https_is_a_host_cookie",
                "tests/web/middleware/test_strict_bounce.py::test_callback_comes_back_through_it_and_signs_in",
            ),
        ),
    ),
    _row(
        section="6.1.3.2",
        slug="path",
        level="SHOULD",
        demands="The cookie's path is '/'.",
        answer=Met(
            tests=("tests/web/test_cookie_everywhere.py::test_no_answer_sets_another_cookie_or_sets_it_otherwise",),
            guards=(Guard.COOKIE_PATH_AND_DOMAIN,),
        ),
    ),
    _row(
        section="6.1.3.2",
        slug="no-domain",
        level="SHOULD NOT",
        demands="The cookie names no domain, so that no sibling host receives it.",
        answer=Met(
            tests=("tests/web/test_cookie_everywhere.py::test_no_answer_sets_another_cookie_or_sets_it_otherwise",),
            guards=(Guard.COOKIE_PATH_AND_DOMAIN,),
        ),
    ),
    _row(
        section="6.1.3.2",
        slug="name-prefix",
        level="SHOULD",
        demands="The cookie's name has a prefix that scripts and sibling hosts cannot forge, at best __Host-Http-.",
        answer=Deviation(
            reason=(
                "The name __Host-session is part of the public interface. The longer prefix, which not every browser "
                "enforces yet, would add that no script can have set the cookie."
            ),
            compensation=(
                "__Host- keeps sibling hosts from planting the cookie; one that a script planted opens no session, "
                "and two in one request are refused."
            ),
            tests=(
                "tests/web/test_session_interface.py::test_plain_name_does_not_count_where_the_prefix_is_due",
                "tests/web/test_session_interface.py::test_two_session_cookies_are_refused",
                "tests/sessions/test_session.py::test_dead_cookie_is_never_adopted",
            ),
        ),
    ),
    _row(
        section="6.1.3.2",
        slug="encrypted-tokens",
        level="SHOULD",
        demands="Tokens that lie in a cookie are encrypted.",
        answer=Met(
            tests=(
                "tests/web/test_session_interface.py::test_value_is_256_bits_and_never_the_same",
                "tests/web/api/test_session.py::test_no_answer_holds_a_token_of_upstreams",
            ),
            guards=(Guard.COOKIE_IS_RANDOM, Guard.SESSIONS_ARE_SEALED),
            how="No token lies in a cookie; in Redis they are sealed with AES-256-GCM.",
        ),
    ),
    _row(
        section="6.1.3.3",
        slug="csrf-defence",
        level="MUST",
        demands="Forged requests are kept out by more than SameSite.",
        answer=Met(
            tests=(
                "tests/web/middleware/test_csrf.py::test_forged_request_is_refused_on_every_route_and_changes_nothing",
            ),
            guards=(Guard.CSRF_TOKEN_CHECKED, Guard.ORIGIN_CHECKED),
            how="A token bound to the cookie, and Sec-Fetch-Site or else Origin; a sibling host counts as foreign.",
        ),
    ),
    _row(
        section="6.1.3.3.2",
        slug="custom-header",
        level="MUST",
        demands="Where a header is the defence, every request to the JSON routes has to carry it, reads included.",
        answer=Deviation(
            reason=(
                "GET and HEAD demand no header: links, probes and server-side readers keep working. Every other "
                "verb demands X-CSRF-Token, with or without a body."
            ),
            compensation=(
                "A read changes nothing but the visitor's own session; one that a browser sends for another site is "
                "refused by Fetch Metadata, and no CORS header lets another origin read an answer."
            ),
            tests=(
                "tests/web/middleware/test_csrf.py::test_other_site_reads_no_json",
                "tests/web/middleware/test_csrf.py::test_gets_that_start_something_are_these",
                "tests/web/middleware/test_csrf.py::test_no_page_of_another_origin_is_ever_let_in",
                "tests/web/middleware/test_csrf.py::test_forged_request_is_refused_on_every_route_and_changes_nothing",
            ),
        ),
    ),
    _row(
        section="6.1.3.3.2",
        slug="no-cors",
        level="advice",
        demands="No other origin is let in by CORS; a preflight is answered without permission.",
        answer=Met(
            tests=("tests/web/middleware/test_csrf.py::test_no_page_of_another_origin_is_ever_let_in",),
            guards=(Guard.NO_CORS,),
        ),
    ),
    _row(
        section="6.1.3.3.3",
        level="advice",
        demands="Forms carry an anti-forgery token of this session, which is checked wherever something changes.",
        answer=Met(
            tests=(
                "tests/web/middleware/test_csrf.py::test_form_of_a_page_is_checked_like_a_json_route",
                "tests/web/middleware/test_csrf.py::test_token_in_the_address_counts_on_no_page",
            ),
            guards=(Guard.CSRF_TOKEN_CHECKED,),
            how="Another browser's token fails, and so does the one from before a rotation.",
        ),
    ),
)
