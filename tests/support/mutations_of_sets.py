"""Guards around what is shipped, what is refused by name, and the vendor's documents, without which a row says more."""

from __future__ import annotations

from tests.support.mutation import Mutation

_OPENAPI = "tests/storefront/openapi"

OF_SETS: tuple[Mutation, ...] = (
    Mutation(
        guard="what is refused by name is no row",
        path="bff/storefront/checks.py",
        old="refused(row.upstream, row.asks_by) or ",
        new="",
        test="tests/storefront/test_refused.py::test_a_row_that_asks_for_it_is_told_why",
    ),
    Mutation(
        guard="a parameter does not stand for what is refused by name",
        path="bff/storefront/refused.py",
        old="parameter_in(a) is not None or parameter_in(b) is not None or ",
        new="",
        test="tests/storefront/test_refused.py::test_a_parameter_or_a_word_in_its_place_hides_nothing",
    ),
    Mutation(
        guard="a document's text ends no string of a row",
        path="bff/storefront/openapi/drafts.py",
        old="    return json.dumps(value, ensure_ascii=False)",
        new="    return f'\"{value}\"'",
        test=f"{_OPENAPI}/test_drafts.py::test_text_of_a_document_stays_text",
    ),
    Mutation(
        guard="a written row waits for its bearer",
        path="bff/storefront/openapi/drafts.py",
        old='bearer = ""  # visitor',
        new='bearer = "visitor"  # visitor',
        test=f"{_OPENAPI}/test_drafts.py::test_check_refuses_a_written_row_for_its_empty_bearer_alone",
    ),
    Mutation(
        guard="a document refers to nothing outside of itself",
        path="bff/storefront/openapi/tree.py",
        old='not reference.startswith("#/") or ',
        new="",
        test=f"{_OPENAPI}/test_operations.py::test_references_that_lead_nowhere_are_told",
    ),
)
