"""How what is met of RFC 9700, RFC 9207 and ASVS V10 could quietly become false: a comparison is left out in one case,
a value is the same for two sign-ins.
"""

from __future__ import annotations

from tests.support.mutation import Mutation

_SOCIAL = "bff/account/social_login.py"
_ATTACKS = "tests/journeys/test_social_attacks.py"

OF_OAUTH: tuple[Mutation, ...] = (
    Mutation(
        guard="a state that is not this browser's takes none of its sign-ins",
        path="bff/oidc/login_state.py",
        old="    if found is not None and now >= ",
        new="    if found is None and rest:\n        found = LoginState.from_record(rest.pop())\n"
        "    if found is not None and now >= ",
        test=f"{_ATTACKS}::test_callback_in_another_browser_signs_nobody_in",
    ),
    Mutation(
        guard="a verifier is one browser's own",
        path="bff/oidc/login_state.py",
        old="            verifier=Secret(random_text(48)),",
        new="            verifier=Secret(create_s256_code_challenge(issuer)),",
        test=f"{_ATTACKS}::test_swapped_codes_open_nothing",
    ),
    Mutation(
        guard="a nonce is made for one sign-in",
        path="bff/oidc/login_state.py",
        old="            nonce=Secret(random_text()),",
        new="            nonce=Secret(create_s256_code_challenge(issuer)),",
        test="tests/web/pages/test_social.py::test_two_starts_have_nothing_secret_in_common",
    ),
    Mutation(
        guard="a code is asked for and no token with it",
        path="bff/oidc/provider.py",
        old='            "code",\n',
        new='            "code id_token",\n',
        test="tests/oidc/test_provider.py::test_authorize_url_asks_exactly_what_it_has_to",
    ),
    Mutation(
        guard="a new refresh token takes the place of the spent one",
        path="bff/tokens/renewal.py",
        old="        return self._keep(session, tokens, fresh)\n",
        new="        return self._keep(session, tokens, replace(fresh, refresh=tokens.refresh))\n",
        test="tests/tokens/test_broker.py::test_one_lock_covers_the_chain_and_each_refresh_token_is_spent_once",
    ),
    Mutation(
        guard="the scope is the configured one",
        path="bff/oidc/provider.py",
        old="            self._settings.scope,\n",
        new='            self._settings.scope + " offline_access",\n',
        test="tests/web/pages/test_social.py::test_click_leads_to_the_authorize_endpoint_with_exactly_what_it_needs",
    ),
    Mutation(
        guard="an issuer is compared to its end",
        path="bff/oidc/provider.py",
        old='issuer not in (configured, configured + "/"):',
        new="not issuer.startswith(configured):",
        test="tests/oidc/test_provider_hostile.py::test_document_of_another_issuer_is_refused",
    ),
    Mutation(
        guard="certificates are verified",
        path="bff/transport.py",
        old="pycurl.SSL_VERIFYPEER, 1",
        new="pycurl.SSL_VERIFYPEER, 0",
        test="tests/test_transport_requests.py::"
        "test_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent",
    ),
    Mutation(
        guard="a state is used up by the answer it came with",
        path=_SOCIAL,
        old="(replace(web, logins=rest), vault)",
        new="(replace(web, logins=web.logins), vault)",
        test=f"{_ATTACKS}::test_wrong_answers_of_the_browser_redeem_no_code",
    ),
    Mutation(
        guard="code and state stay behind at the callback",
        path="bff/web/pages/social.py",
        old="        return see_other(_return_path(services, oidc.complete(session, query)))\n",
        new='        path = _return_path(services, oidc.complete(session, query)) + "?"\n'
        "        return see_other(path + request.query_string.decode())\n",
        test="tests/journeys/test_social_login.py::test_from_link_to_profile",
    ),
    Mutation(
        guard="an issuer that is promised is demanded",
        path=_SOCIAL,
        old='query.get("iss", None if metadata.sends_issuer else login.issuer)',
        new='query.get("iss", login.issuer)',
        test=f"{_ATTACKS}::test_wrong_answers_of_the_browser_redeem_no_code",
    ),
    Mutation(
        guard="the issuer of an error is compared too",
        path=_SOCIAL,
        old="        if not metadata.issuer == login.issuer == named:",
        new='        if "error" not in query and not metadata.issuer == login.issuer == named:',
        test="tests/account/test_social_login.py::test_error_that_another_issuer_answers_is_none_of_ours",
    ),
    Mutation(
        guard="no word of a refused answer goes on",
        path="bff/web/pages/social.py",
        old="        return to_sign_in(notice=_notice(err))\n",
        new='        return to_sign_in(notice=request.args.get("error") or _notice(err))\n',
        test=f"{_ATTACKS}::test_wrong_answers_of_the_browser_redeem_no_code",
    ),
    Mutation(
        guard="a refused return is logged without what it brought",
        path="bff/web/pages/social.py",
        old="reason=_reason(err), **audit_subject(session))",
        new="reason=f'{_reason(err)} {request.full_path}', **audit_subject(session))",
        test="tests/journeys/test_social_leaks.py::test_wrong_returns_show_nothing",
    ),
    Mutation(
        guard="of several forwarded addresses the proxies' own counts",
        path="bff/web/middleware/forwarded.py",
        old="        return entries[-self.proxies].strip(",
        new="        return entries[0].strip(",
        test="tests/web/middleware/test_hosts.py::test_of_several_addresses_only_the_declared_proxies_are_believed",
    ),
    Mutation(
        guard="a segment of a return path is plain to its end",
        path="bff/web/return_path.py",
        old="all(SEGMENT.fullmatch(segment) for",
        new="all(SEGMENT.match(segment) for",
        test="tests/web/test_return_path.py::test_result_never_leaves_the_origin",
    ),
    Mutation(
        guard="no password is sent on to where a form leads",
        path="bff/web/pages/passwords.py",
        old="    return see_other(paths.ACCOUNT)\n",
        new="    response = see_other(paths.ACCOUNT)\n    response.status_code = 307\n    return response\n",
        test="tests/web/pages/test_pages_passwords.py::test_change_moves_the_session_to_a_new_cookie",
    ),
)
