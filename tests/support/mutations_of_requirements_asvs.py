"""How what is met of ASVS V3 and V7 could quietly become false: in a template, in the script, in a document, for guests
alone.
"""

from __future__ import annotations

from tests.support.mutation import Mutation

_CSRF = "tests/web/middleware/test_csrf.py"
_SCRIPTS = "tests/web/test_page_scripts.py"
_SCRIPT = "static/account.js"
_SECURITY = "bff/docs/security.md"
_DOCUMENT = "tests/docs/test_security.py"

OF_ASVS: tuple[Mutation, ...] = (
    Mutation(
        guard="it is written down what a browser without scripts gets",
        path=_SECURITY,
        old=" Scripts are not needed.",
        new="",
        test=f"{_DOCUMENT}::test_document_says_what_a_browser_needs",
    ),
    Mutation(
        guard="the script writes no markup",
        path=_SCRIPT,
        old="button.textContent =",
        new="button.innerHTML =",
        test=f"{_SCRIPTS}::test_script_writes_text_and_no_markup",
    ),
    Mutation(
        guard="a name is shown as text",
        path="templates/home.html",
        old="name=customer.first_name or",
        new="name=customer.first_name | safe or",
        test="tests/web/pages/test_home.py::test_name_is_shown_as_text",
    ),
    Mutation(
        guard="an element is asked for by its id and never as the window's property",
        path=_SCRIPT,
        old="document.getElementById(button.dataset.shows)",
        new="window[button.dataset.shows]",
        test=f"{_SCRIPTS}::test_script_keeps_its_names_to_itself",
    ),
    Mutation(
        guard="a cookie under the plain name opens nothing where the prefix is due",
        path="bff/web/session_interface.py",
        old="    if name not in header:\n",
        new='    name = name.removeprefix("__Host-")\n    if name not in header:\n',
        test="tests/web/test_session_interface.py::test_plain_name_does_not_count_where_the_prefix_is_due",
    ),
    Mutation(
        guard="the cookie's value stands in no other header",
        path="bff/web/session_interface.py",
        old='            response.headers["X-CSRF-Token"] = fresh_csrf_token()\n',
        new='            response.headers["X-CSRF-Token"] = fresh_csrf_token()\n'
        '            response.headers["X-Session"] = cookie.value.reveal()\n',
        test="tests/web/test_cookie_everywhere.py::test_value_of_the_cookie_travels_nowhere_else",
    ),
    Mutation(
        guard="a body that any page may send is read by no JSON route",
        path="bff/web/middleware/bodies.py",
        old="    if request.mimetype not in (route.media_types if route is not None else (JSON,)):\n",
        new='    if request.mimetype not in ("text/plain", *(route.media_types if route is not None else (JSON,))):\n',
        test=f"{_CSRF}::test_body_of_a_type_that_any_page_may_send_is_refused",
    ),
    Mutation(
        guard="the script hears no messages",
        path=_SCRIPT,
        old="  for (const button of",
        new='  addEventListener("message", (event) => location.replace(event.data));\n\n  for (const button of',
        test=f"{_SCRIPTS}::test_script_neither_sends_nor_hears_messages",
    ),
    Mutation(
        guard="no JSON route takes the name of a function",
        path="bff/web/api/input.py",
        old="        if name not in known:\n",
        new='        if name == "callback":\n            continue\n        if name not in known:\n',
        test="tests/web/api/test_input.py::test_undeclared_parameter_is_refused_by_name_on_every_json_route",
    ),
    Mutation(
        guard="what a customer reads is no script",
        path="bff/web/api/routes.py",
        old='mimetype="application/json")',
        new='mimetype="text/javascript")',
        test=f"{_SCRIPTS}::test_scripts_are_the_same_for_everybody",
    ),
    Mutation(
        guard="no style sheet comes from another host",
        path="templates/layout.html",
        old="href=\"{{ url_for('static', filename='pico.min.css') }}\"",
        new='href="//cdn.example/pico.min.css"',
        test="tests/web/test_templates.py::test_template_leads_to_no_other_site",
    ),
    Mutation(
        guard="a page loads no plug-in, not even of ours",
        path="bff/web/middleware/headers.py",
        old="object-src 'none'\"",
        new="object-src 'self'\"",
        test=f"{_SCRIPTS}::test_page_may_load_no_plugin_and_no_foreign_script",
    ),
    Mutation(
        guard="it is written down why a session lasts that long",
        path=_SECURITY,
        old="that NIST SP 800-63B (revision 3) names for AAL2.",
        new="that are usual.",
        test=f"{_DOCUMENT}::test_document_gives_the_limits_and_where_they_come_from",
    ),
    Mutation(
        guard="it is written down that no sign-in ends another",
        path=_SECURITY,
        old="in any number of browsers; no sign-in pushes another out.",
        new="in any number of browsers.",
        test=f"{_DOCUMENT}::test_document_says_how_many_sessions_one_customer_may_have",
    ),
    Mutation(
        guard="it is written down that no token lengthens a session",
        path=_SECURITY,
        old="They never lengthen a session, and where both",
        new="Where both",
        test=f"{_DOCUMENT}::test_document_tells_the_other_lifetimes_apart",
    ),
    Mutation(
        guard="a new cookie has the bytes that it may have",
        path="bff/sessions/cookie.py",
        old="        return cls(value=Secret(random_text()))\n",
        new="        return cls(value=Secret(random_text(16)))\n",
        test="tests/sessions/test_cookie.py::test_fresh_values_are_32_random_bytes",
    ),
    Mutation(
        guard="a random text has 256 bits unless it says otherwise",
        path="bff/crypto.py",
        old="size_bytes: int = KEY_BYTES",
        new="size_bytes: int = 16",
        test="tests/test_crypto.py::test_random_text_is_256_bits_of_base64url_without_padding",
    ),
    Mutation(
        guard="a changed password moves the session to a new cookie",
        path="bff/account/calls.py",
        old="                case SideEffect.NEW_PASSWORD:\n",
        new="                case SideEffect.NEW_PASSWORD if session.state is None:\n",
        test="tests/journeys/test_account_over_json.py::test_password_changes_and_the_cookie_with_it",
    ),
    Mutation(
        guard="a customer's idle limit is not a guest's",
        path="bff/sessions/lifecycle.py",
        old=" if web.signed_in is None else self.settings.idle_seconds)",
        new=" if web.signed_in is not None else self.settings.idle_seconds)",
        test="tests/sessions/test_session.py::test_guests_and_customers_have_idle_limits_of_their_own",
    ),
    Mutation(
        guard="ending the others is ticked with a change of password",
        path="bff/web/forms/forms.py",
        old="endOthers = BooleanField(default=True)",
        new="endOthers = BooleanField()",
        test="tests/web/pages/test_pages_devices.py::test_changed_password_signs_out_everywhere_else_unless_unticked",
    ),
    Mutation(
        guard="every page of a customer signs out, and not the first one alone",
        path="templates/layout.html",
        old='action="{{ paths.sign_out }}"',
        new='action="{{ paths.sign_out if path == paths.account else paths.home }}"',
        test="tests/web/pages/test_pages_sign_out_everywhere.py::test_every_page_of_a_customer_offers_to_sign_out",
    ),
    Mutation(
        guard="an operator ends guests too, where all are ended",
        path="bff/commands/sessions.py",
        old="now = end_each(services.sessions, services.store.sids(), Ending.OPERATOR)",
        new="found = services.store.devices([*services.store.sids()])\n"
        "        now = end_each(services.sessions, [sid for sid in found if found[sid]], Ending.OPERATOR)",
        test="tests/commands/test_sessions.py::test_all_ends_every_session_with_guests_and_index",
    ),
    Mutation(
        guard="a device tells when it was signed in on, not when it was seen",
        path="bff/web/pages/devices.py",
        old="            since=moment(device.created_at),\n",
        new="            since=moment(device.last_seen_at),\n",
        test="tests/web/pages/test_pages_devices.py::test_devices_are_told_by_browser_and_times",
    ),
    Mutation(
        guard="adding a way to sign in needs a recent proof",
        path="bff/operations/table.py",
        old="        needs_reauthentication=True,\n        new_emails=",
        new="        new_emails=",
        test="tests/journeys/test_account_over_json.py::test_what_cannot_be_undone_needs_a_proof_of_the_last_minutes",
    ),
    Mutation(
        guard="a sign-in without a time proves nothing again",
        path="bff/account/social_login.py",
        old="(said.auth_time is None or self._now()",
        new="(said.auth_time is not None and self._now()",
        test="tests/journeys/test_social_login.py::test_proof_that_is_old_or_tells_no_time_is_none",
    ),
)
