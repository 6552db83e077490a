"""The answers to OWASP ASVS 5.0, V3.5 to V3.7: other origins, loaded parts, ways to other sites."""

from __future__ import annotations

from functools import partial
from typing import Final

from bff.audit.requirement import Deviation, Guard, Met, NotApplicable, Requirement, Source

_row = partial(Requirement, source=Source.ASVS_V3)

ROWS: Final[tuple[Requirement, ...]] = (
    _row(
        section="3.5.1",
        level="L1",
        demands="Forged requests are kept out by a token or by a header that no form can send.",
        answer=Met(
            tests=(
                "tests/web/middleware/test_csrf.py::test_forged_request_is_refused_on_every_route_and_changes_nothing",
                "tests/web/middleware/test_csrf.py::test_form_of_a_page_is_checked_like_a_json_route",
                "tests/journeys/test_cookie_rules.py::test_forged_post_leaves_the_signed_in_cookie_alone",
            ),
            guards=(Guard.CSRF_TOKEN_CHECKED, Guard.ORIGIN_CHECKED, Guard.NO_COOKIE_FOR_OTHER_SITES),
        ),
    ),
    _row(
        section="3.5.2",
        level="L1",
        demands="Where a preflight is relied on, no route can be called without one.",
        answer=Met(
            tests=(
                "tests/web/middleware/test_csrf.py::test_body_of_a_type_that_any_page_may_send_is_refused",
                "tests/web/middleware/test_csrf.py::test_token_counts_in_the_header_and_nowhere_else",
                "tests/journeys/test_raw_requests.py::test_method_cannot_be_overridden",
            ),
            guards=(Guard.JSON_ONLY_BODIES, Guard.NO_METHOD_OVERRIDE),
            how="It is not relied on alone; JSON routes take JSON only, and their token from a header only.",
        ),
    ),
    _row(
        section="3.5.3",
        level="L1",
        demands="Nothing that matters is changed by GET, HEAD or OPTIONS.",
        answer=Met(
            tests=(
                "tests/web/middleware/test_csrf.py::test_gets_that_start_something_are_these",
                "tests/web/middleware/test_csrf.py::test_head_starts_nothing_anywhere",
                "tests/web/middleware/test_csrf.py::test_head_of_a_customer_changes_nothing_either",
                "tests/journeys/test_social_attacks.py::test_callback_that_is_only_asked_for_its_head_uses_nothing_up",
                "tests/web/pages/test_social.py::test_anything_but_a_click_shows_a_button_and_starts_nothing",
                "tests/web/pages/test_pages_sign_in.py::test_opening_the_sign_out_page_signs_nobody_out",
            ),
            guards=(Guard.READS_CHANGE_NOTHING, Guard.ROUTES_ARE_DECLARED),
            how=(
                "Reads begin or end the visitor's own sign-in journey, or begin a guest's session, at most; the "
                "journey starts on a click only, and state and PKCE guard its end."
            ),
        ),
    ),
    _row(
        section="3.5.4",
        level="L2",
        demands="Separate applications are on separate host names.",
        answer=NotApplicable(
            reason="This is the storefront's own server, on its origin by design. Which other applications share that "
            "host is the operator's to decide; __Host- keeps other hosts out of the cookie.",
        ),
    ),
    _row(
        section="3.5.5",
        level="L2",
        demands="Messages between windows are taken from known origins only.",
        answer=Met(
            tests=("tests/web/test_page_scripts.py::test_script_neither_sends_nor_hears_messages",),
            how="The script has nothing to do with messages.",
        ),
    ),
    _row(
        section="3.5.6",
        level="L3",
        demands="No JSONP.",
        answer=Met(
            tests=(
                "tests/web/api/test_input.py::test_undeclared_parameter_is_refused_by_name_on_every_json_route",
                "tests/web/middleware/test_headers.py::test_json_and_pages_have_their_own_type",
            ),
            guards=(Guard.JSON_IS_INERT,),
            how="A parameter that a route does not declare, a callback's name too, is refused.",
        ),
    ),
    _row(
        section="3.5.7",
        level="L3",
        demands="No script file holds what only a signed-in customer may see.",
        answer=Met(
            tests=("tests/web/test_page_scripts.py::test_scripts_are_the_same_for_everybody",),
            how="Scripts are static files; no route makes one.",
        ),
    ),
    _row(
        section="3.5.8",
        level="L3",
        demands="Answers cannot be loaded into pages of other sites.",
        answer=Met(
            tests=(
                "tests/web/middleware/test_headers.py::test_every_answer_carries_them",
                "tests/web/middleware/test_csrf.py::test_other_site_reads_no_json",
            ),
            guards=(Guard.CORP, Guard.CROSS_SITE_READS_REFUSED),
            how="Cross-Origin-Resource-Policy on all of them, Fetch Metadata on JSON routes.",
        ),
    ),
    _row(
        section="3.6.1",
        level="L3",
        demands="What is loaded from another host is pinned by a hash, or nothing is loaded from there.",
        answer=Met(
            tests=(
                "tests/web/test_templates.py::test_template_leads_to_no_other_site",
                "tests/web/test_templates.py::test_style_sheet_loads_our_own_files_only",
            ),
            guards=(Guard.NOTHING_FROM_ELSEWHERE,),
            how="Nothing is.",
        ),
    ),
    _row(
        section="3.7.1",
        level="L2",
        demands="No technology that browsers have given up (plug-ins, applets) is used.",
        answer=Met(
            tests=("tests/web/test_page_scripts.py::test_page_may_load_no_plugin_and_no_foreign_script",),
            how="HTML, CSS and one small script that pages work without.",
        ),
    ),
    _row(
        section="3.7.2",
        level="L2",
        demands="Redirects to other hosts follow a list.",
        answer=Met(
            tests=(
                "tests/oidc/test_provider_hostile.py::test_endpoint_that_is_not_on_the_issuers_host_spoils_the_document",
                "tests/web/test_return_path.py::test_what_is_not_plainly_a_path_of_ours_is_refused",
            ),
            guards=(Guard.REDIRECTS_STAY_HERE,),
            how="The list has one entry: the configured issuer's host.",
        ),
    ),
    _row(
        section="3.7.3",
        level="L3",
        demands="Before a user is led to another site, they are told so and may stay.",
        answer=Deviation(
            reason=(
                "A click on 'Continue with …' goes to the provider at once, and signing out leads on to it: a step "
                "between would be clicked away unread."
            ),
            compensation=(
                "The link names where it leads; asked for from another page, a mail or the address bar, it shows a "
                "button first; the one host it can lead to is the configured issuer's."
            ),
            tests=(
                "tests/web/pages/test_social.py::test_every_configured_connection_has_a_link_that_keeps_the_way_back",
                "tests/web/pages/test_social.py::test_anything_but_a_click_shows_a_button_and_starts_nothing",
            ),
        ),
    ),
    _row(
        section="3.7.4",
        level="L3",
        demands="The site's domain is on the browsers' list of those reached by https only.",
        answer=Deviation(
            reason=(
                "The header says no 'preload': the list takes whole domains, with everything below them, and to enter "
                "one is for its owner to decide."
            ),
            compensation="Two years with includeSubDomains; the cookie is Secure and __Host-.",
            tests=("tests/web/middleware/test_headers.py::test_every_answer_carries_them",),
        ),
    ),
    _row(
        section="3.7.5",
        level="L3",
        demands="A browser that lacks what is expected is served, warned or refused as written down.",
        answer=Met(
            tests=(
                "tests/web/middleware/test_csrf.py::test_request_of_our_own_page_gets_through",
                "tests/web/middleware/test_csrf.py::test_forged_request_is_refused_on_every_route_and_changes_nothing",
                "tests/web/pages/test_pages_flow.py::test_browser_without_a_cookie_is_told_so",
            ),
            how="Without Fetch Metadata the Origin decides; without scripts every form works; no cookies: it says so.",
        ),
    ),
)
