"""The answers to OWASP ASVS 5.0, V3.1 to V3.4: rendering, cookies and headers."""

from __future__ import annotations

from functools import partial
from typing import Final

from bff.audit.requirement import Deviation, Guard, Met, Requirement, Source

_row = partial(Requirement, source=Source.ASVS_V3)

ROWS: Final[tuple[Requirement, ...]] = (
    _row(
        section="3.1.1",
        level="L3",
        demands="It is written down what a browser has to support, and what happens where it does not.",
        answer=Met(
            tests=("tests/docs/test_security.py::test_document_says_what_a_browser_needs",),
            how="bff/docs/security.md, 'Sessions'.",
        ),
    ),
    _row(
        section="3.2.1",
        level="L1",
        demands="What is no page stays inert when it is opened as one.",
        answer=Met(
            tests=(
                "tests/web/middleware/test_headers.py::test_every_answer_carries_them",
                "tests/web/middleware/test_headers.py::test_json_and_pages_have_their_own_type",
            ),
            guards=(Guard.JSON_IS_INERT,),
            how="Its own type, nosniff, and a policy of default-src 'none'.",
        ),
    ),
    _row(
        section="3.2.2",
        level="L1",
        demands="Text that users or other services supply is shown as text and never read as markup.",
        answer=Met(
            tests=(
                "tests/web/test_page_scripts.py::test_script_writes_text_and_no_markup",
                "tests/web/pages/test_home.py::test_name_is_shown_as_text",
            ),
            how="Templates escape; the one script sets textContent.",
        ),
    ),
    _row(
        section="3.2.3",
        level="L3",
        demands="Elements of a page cannot take the place of a script's variables.",
        answer=Met(
            tests=("tests/web/test_page_scripts.py::test_script_keeps_its_names_to_itself",),
            how="One strict function, no globals, elements found by methods and not by name.",
        ),
    ),
    _row(
        section="3.3.1",
        level="L1",
        demands="Cookies are Secure, and named __Host- or __Secure-.",
        answer=Met(
            tests=(
                "tests/web/test_cookie_everywhere.py::test_no_answer_sets_another_cookie_or_sets_it_otherwise",
                "tests/web/test_session_interface.py::test_cookie_on_https_is_a_host_cookie",
            ),
            guards=(Guard.COOKIE_SECURE, Guard.COOKIE_HOST_PREFIX),
        ),
    ),
    _row(
        section="3.3.2",
        level="L2",
        demands="Each cookie's SameSite follows from what it is for.",
        answer=Met(
            tests=("tests/web/test_session_interface.py::test_cookie_on_https_is_a_host_cookie",),
            guards=(Guard.COOKIE_SAME_SITE,),
            how="Lax, because mailed links and the provider lead here from other sites; Strict where configured.",
        ),
    ),
    _row(
        section="3.3.3",
        level="L2",
        demands="Cookies that no other host shall share are named __Host-.",
        answer=Met(
            tests=("tests/web/test_session_interface.py::test_plain_name_does_not_count_where_the_prefix_is_due",),
            guards=(Guard.COOKIE_HOST_PREFIX,),
        ),
    ),
    _row(
        section="3.3.4",
        level="L2",
        demands="A cookie that no script needs is HttpOnly, and its value travels in Set-Cookie alone.",
        answer=Met(
            tests=("tests/web/test_cookie_everywhere.py::test_value_of_the_cookie_travels_nowhere_else",),
            guards=(Guard.COOKIE_HTTP_ONLY, Guard.COOKIE_STAYS_IN_ITS_HEADER),
        ),
    ),
    _row(
        section="3.3.5",
        level="L3",
        demands="Name and value of a cookie are no longer than 4096 bytes.",
        answer=Met(
            tests=("tests/web/test_cookie_everywhere.py::test_no_answer_sets_another_cookie_or_sets_it_otherwise",),
            guards=(Guard.COOKIE_IS_RANDOM,),
            how="57 bytes together, whatever the session holds.",
        ),
    ),
    _row(
        section="3.4.1",
        level="L1",
        demands="Every answer demands https for a year or longer, for subdomains too.",
        answer=Met(
            tests=("tests/web/middleware/test_headers.py::test_every_answer_carries_them",),
            guards=(Guard.HSTS,),
            how="Two years, includeSubDomains; where the public URL is https.",
        ),
    ),
    _row(
        section="3.4.2",
        level="L1",
        demands="Access-Control-Allow-Origin is fixed or follows a list.",
        answer=Met(
            tests=("tests/web/middleware/test_csrf.py::test_no_page_of_another_origin_is_ever_let_in",),
            guards=(Guard.NO_CORS,),
            how="No CORS header is ever sent.",
        ),
    ),
    _row(
        section="3.4.3",
        level="L2",
        demands="A Content-Security-Policy shuts object-src and base-uri and lists what may be loaded.",
        answer=Met(
            tests=(
                "tests/web/middleware/test_headers.py::test_every_answer_carries_them",
                "tests/web/test_page_scripts.py::test_page_may_load_no_plugin_and_no_foreign_script",
            ),
            guards=(Guard.CSP_ON_EVERY_ANSWER,),
            how=(
                "A list of 'self' and nothing inline. What level 3 adds, a nonce or hash in each answer, is not done: "
                "nothing inline is there to carry one."
            ),
        ),
    ),
    _row(
        section="3.4.4",
        level="L2",
        demands="X-Content-Type-Options: nosniff is on every answer.",
        answer=Met(
            tests=("tests/web/middleware/test_headers.py::test_every_answer_carries_them",), guards=(Guard.NOSNIFF,)
        ),
    ),
    _row(
        section="3.4.5",
        level="L2",
        demands="A Referrer-Policy keeps paths and queries from other sites.",
        answer=Met(
            tests=("tests/web/middleware/test_headers.py::test_every_answer_carries_them",),
            guards=(Guard.REFERRER_POLICY,),
            how="strict-origin.",
        ),
    ),
    _row(
        section="3.4.6",
        level="L2",
        demands="Every answer says, with frame-ancestors, that no page may frame it.",
        answer=Met(
            tests=("tests/web/middleware/test_headers.py::test_every_answer_carries_them",),
            guards=(Guard.FRAME_ANCESTORS,),
        ),
    ),
    _row(
        section="3.4.7",
        level="L3",
        demands="The Content-Security-Policy names where violations are reported to.",
        answer=Deviation(
            reason=(
                "Reports hold URLs, mailed tokens among them, would come without a session, and have to be "
                "collected: another service's task."
            ),
            compensation=(
                "The policy blocks without exceptions, so a report could only tell of what was blocked; tests hold "
                "every template against it. A proxy in front may add report-to."
            ),
            tests=(
                "tests/web/test_templates.py::test_template_has_nothing_inline",
                "tests/web/test_templates.py::test_template_leads_to_no_other_site",
            ),
        ),
    ),
    _row(
        section="3.4.8",
        level="L3",
        demands="Pages are cut off from windows of other origins: Cross-Origin-Opener-Policy.",
        answer=Met(
            tests=("tests/web/middleware/test_headers.py::test_every_answer_carries_them",),
            guards=(Guard.COOP,),
            how="same-origin.",
        ),
    ),
)
