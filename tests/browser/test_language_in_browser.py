"""The choice of a language, with a script: who has entered something is asked before it is left behind."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, expect

from tests.support.browser.modes import Mode
from tests.support.browser.storefront import Storefront
from tests.support.browser.visitor import Visitor

pytestmark = pytest.mark.parametrize("mode", [Mode.HTTP_WITH_SCRIPTS], indirect=True, ids=lambda mode: mode.value)


def test_a_language_is_chosen_unasked_where_nothing_was_entered(store: Storefront, visitor: Visitor) -> None:
    visitor.become(store.customer())
    visitor.open("/account/addresses/new")
    visitor.press("Deutsch")
    visitor.is_at("/account/addresses/new")
    visitor.heading("Adresse hinzufügen")


def test_who_has_entered_something_is_asked_before_the_language_changes(store: Storefront, visitor: Visitor) -> None:
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        (dialog.accept if len(asked) > 1 else dialog.dismiss)()

    visitor.become(store.customer())
    visitor.open("/account/addresses/new")
    visitor.fill("Full name", "Jane Doe")
    visitor.page.on("dialog", answer)
    button = visitor.page.get_by_role("button", name="Deutsch")
    button.click()
    expect(visitor.field("Full name")).to_have_value("Jane Doe")
    assert len(asked) == 1
    button.click()
    visitor.heading("Adresse hinzufügen")
    assert asked == ["Your entries are not saved. Change the language?"] * 2
