"""What is refused by name, whichever way a row writes its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from bff.storefront.reader import examine
from bff.storefront.refused import REFUSED, Refused, refused
from tests.support.storefront import changed, written


@pytest.mark.parametrize("one", REFUSED, ids=lambda one: one.upstream)
def test_a_row_that_asks_for_it_is_told_why(one: Refused, tmp_path: Path) -> None:
    text = changed(method=f'"{one.method}"', upstream=f'"{one.upstream}"', bearer='"customer"')
    told = [problem for problem in examine(written(tmp_path, text)).problems if one.reason in problem.what]
    (line,) = [number for number, words in enumerate(text.splitlines(), 1) if words.startswith("upstream")]
    assert [problem.line for problem in told] == [line]


@pytest.mark.parametrize(
    ("upstream", "method"),
    [
        ("/ai-service/{tenant}/agentic/{what}", "POST"),
        ("/ai-service/{tenant}/agentic/shop-helper/attachments", "POST"),
        ("/ai-service/{tenant}/agentic/CHAT-STREAM", "POST"),
        ("/quote/{tenant}/{kind}/{id}/history", "GET"),
        ("/shoppinglist/{tenant}/shopping-lists/{id}", "GET"),
    ],
)
def test_a_parameter_or_a_word_in_its_place_hides_nothing(upstream: str, method: str) -> None:
    assert refused(upstream, method) is not None


@pytest.mark.parametrize(
    ("upstream", "method"),
    [
        ("/ai-service/{tenant}/agentic/chat", "POST"),
        ("/shoppinglist/{tenant}/shopping-lists/{id}", "PUT"),
        ("/quote/{tenant}/quotes/{quoteId}", "GET"),
        ("/price/{tenant}/match-prices-by-context", "POST"),
    ],
)
def test_what_stands_beside_it_is_not_refused(upstream: str, method: str) -> None:
    assert refused(upstream, method) is None


def test_reasons_are_lines_that_follow_on_upstream() -> None:
    assert all(one.reason[:1].islower() and not one.reason.endswith(".") for one in REFUSED)
