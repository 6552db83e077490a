"""The guards of declared rows whose removal some test must notice."""

from __future__ import annotations

from tests.support.mutation import Mutation

_ROWS = "tests/journeys/test_declared_rows.py"
_LIMITS = "tests/journeys/test_declared_limits.py"
_LEAKS = "tests/tokens/test_withheld.py"

OF_DECLARED_ROWS: tuple[Mutation, ...] = (
    Mutation(
        guard="the saas token goes with the customer's bearer alone",
        path="bff/tokens/session_values.py",
        old=" or credential is not Credential.CUSTOMER:\n        return None\n",
        new=":\n        return None\n",
        test=f"{_ROWS}::test_saas_token_never_goes_with_a_guests_bearer",
    ),
    Mutation(
        guard="a saas token past its end is none",
        path="bff/tokens/session_values.py",
        old=" and not _is_past(held, now)",
        new="",
        test=f"{_ROWS}::test_customer_without_a_good_saas_token_signs_in_again_where_one_is_needed",
    ),
    Mutation(
        guard="what only the session may supply is refused in a query",
        path="bff/web/api/input.py",
        old="p.supplier is Supplier.CLIENT and p.place in places",
        new="p.place in places",
        test=f"{_ROWS}::test_query_that_names_what_only_the_session_may_supply_is_refused",
    ),
    Mutation(
        guard="a guest is told to sign in for what only a customer has",
        path="bff/tokens/broker.py",
        old="                check_values(operation, credential)\n",
        new="",
        test=f"{_ROWS}::test_guest_is_asked_to_sign_in_for_a_value_that_only_a_customer_has",
    ),
    Mutation(
        guard="a forbidden property is refused at any depth",
        path="bff/web/api/free_bodies.py",
        old="            waiting += value.values()\n",
        new="",
        test=f"{_ROWS}::test_forbidden_property_is_refused_at_any_depth",
    ),
    Mutation(
        guard="a JSON Patch points at no forbidden property",
        path="bff/web/api/free_bodies.py",
        old=" | (names & names_pointed_at(value)):",
        new=":",
        test=f"{_ROWS}::test_json_patch_points_at_no_forbidden_property",
    ),
    Mutation(
        guard="what a JSON Patch puts into a secret property is taken out of a refusal",
        path="bff/emporix/request.py",
        old="            is_secret = is_secret or not names.isdisjoint(names_pointed_at(value))\n",
        new="",
        test=f"{_ROWS}::test_refusal_repeats_nothing_of_what_a_json_patch_puts_into_a_secret_property",
    ),
    Mutation(
        guard="a query names a site that may be named",
        path="bff/account/sites.py",
        old="                _check(site, parameter.name, settings)\n",
        new="                pass\n",
        test=f"{_ROWS}::test_site_is_one_that_may_be_named",
    ),
    Mutation(
        guard="a body names a site that may be named",
        path="bff/account/sites.py",
        old="        _check(content[name], name, settings)\n",
        new="        pass\n",
        test=f"{_ROWS}::test_body_names_a_site_that_may_be_named",
    ),
    Mutation(
        guard="this session's tokens are taken out of answers",
        path="bff/tokens/withheld.py",
        old="if name in self._hidden or self._holds_token(name)",
        new="if name in self._hidden",
        test=f"{_LEAKS}::test_token_is_taken_out_wherever_it_stands",
    ),
    Mutation(
        guard="a token that is spelt with escapes is found",
        path="bff/emporix/held.py",
        old='    return _ESCAPE.sub(_character, body) if b"\\\\" in body else body',
        new="    return body",
        test=f"{_LEAKS}::test_token_is_found_however_it_is_spelt",
    ),
    Mutation(
        guard="hidden properties are taken out of answers",
        path="bff/tokens/withheld.py",
        old="if name in self._hidden or self._holds_token(name)",
        new="if self._holds_token(name)",
        test=f"{_ROWS}::test_hidden_properties_are_taken_out_at_any_depth",
    ),
    Mutation(
        guard="properties are cut out of bytes only where nothing is escaped",
        path="bff/tokens/withheld.py",
        old="    if text is reply.body and _names_any(text, operation.hidden):",
        new="    if _names_any(text, operation.hidden):",
        test=f"{_LEAKS}::test_hidden_property_is_taken_out_whatever_it_is",
    ),
    Mutation(
        guard="what is left of an answer is searched once more",
        path="bff/tokens/withheld.py",
        old="        left = replace(reply, body=body, content=content) if is_clean else None",
        new="        left = replace(reply, body=body, content=content) if body else None",
        test=f"{_LEAKS}::test_what_cannot_be_passed_on_is_not",
    ),
    Mutation(
        guard="a document with a token in it is not passed on",
        path="bff/tokens/withheld.py",
        old="        return Withheld(reply=None if kinds else reply, kinds=kinds)",
        new="        return Withheld(reply=reply, kinds=kinds)",
        test=f"{_ROWS}::test_what_is_no_document_is_not_passed_on",
    ),
    Mutation(
        guard="what the session holds is scrubbed from a refusal",
        path="bff/emporix/request.py",
        old="    for token in held:\n        yield token.reveal()\n",
        new="",
        test=f"{_ROWS}::test_refusal_repeats_nothing_that_the_session_holds",
    ),
    Mutation(
        guard="a service's own 401 signs nobody out",
        path="bff/emporix/refusals.py",
        old="        return _rejected(operation, 403, {**body",
        new="        return _rejected(operation, 401, {**body",
        test=f"{_ROWS}::test_services_own_401_is_an_ordinary_refusal_and_signs_nobody_out",
    ),
    Mutation(
        guard="a document is one by type and beginning",
        path="bff/emporix/reply.py",
        old="    if kind != PDF or not answer.body.startswith(_PDF_BEGINS):",
        new="    if kind != PDF:",
        test=f"{_ROWS}::test_what_is_no_document_is_not_passed_on",
    ),
    Mutation(
        guard="a row's answer has its largest size",
        path="bff/emporix/client.py",
        old="                    max_body_bytes=operation.max_answer_bytes,\n",
        new="",
        test=f"{_ROWS}::test_answer_over_the_rows_size_is_not_passed_on",
    ),
    Mutation(
        guard="calls of a row are limited by session",
        path="bff/sessions/session.py",
        old="        if self._row is not None:\n            name, rate",
        new="        if self._row and False:\n            name, rate",
        test=f"{_LIMITS}::test_row_is_asked_for_so_often_by_one_session",
    ),
    Mutation(
        guard="calls of a row are limited by address where there is no session",
        path="bff/tokens/broker.py",
        old="if operation.rate is not None and not session.has_counted(operation.name):",
        new="if False:",
        test=f"{_LIMITS}::test_without_a_session_the_address_counts",
    ),
    Mutation(
        guard="a row's body has its own largest size",
        path="bff/web/middleware/checks.py",
        old="else entry.route.max_body_bytes)",
        new="else 1 << 20)",
        test=f"{_LIMITS}::test_body_has_the_rows_largest_size",
    ),
    Mutation(
        guard="a larger body is waited for only where its route takes it",
        path="bff/factory.py",
        old="        return self._large_bodies.get(endpoint, MAX_BODY_BYTES)",
        new="        return max(self._large_bodies.values())",
        test=f"{_LIMITS}::test_server_waits_for_as_much_as_the_route_takes",
    ),
    Mutation(
        guard="what only asks may go out twice, and no order",
        path="bff/emporix/client.py",
        old="(isinstance(err, Broken) and operation.repeatable and not err.was_repeated)",
        new="isinstance(err, Broken)",
        test=f"{_ROWS}::test_what_may_have_been_done_is_not_asked_for_again",
    ),
)
