"""Controls: to the byte what WTForms' own widgets draw."""

from __future__ import annotations

from typing import Any

import pytest
from markupsafe import Markup
from wtforms import BooleanField, HiddenField, PasswordField, RadioField, SelectField, StringField

from bff.web.forms.choices import Offer, countries, languages, shared, shared_codes
from bff.web.forms.controls import drawn, hidden
from bff.web.forms.fields import PageForm
from tests.support.shop import Shop

HOSTILE = "<b a=\"1\" b='2'>&amp; & Ä"
NOT_DERIVED = {"required": False, "maxlength": False}


class EveryKind(PageForm):
    """One field of each kind that pages have."""

    text = StringField()
    word = PasswordField()
    box = BooleanField()
    quiet = HiddenField()
    one_of = RadioField()
    listed = SelectField(validate_choice=False)


@pytest.mark.parametrize("value", ["", "Jane", HOSTILE, "a\n\tb", Markup("<i>\"'</i>")])
@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"autocomplete": "off", "aria_describedby": HOSTILE, "aria_invalid": "true"},
        {"class_": "x", "data_a_b": Markup('"<i>"'), "hidden": True, "disabled": False, "id": "other", "size": 3},
    ],
)
def test_control_is_what_wtforms_draws(shop: Shop, value: str, attributes: dict[str, Any]) -> None:
    with shop.app.test_request_context("/"):
        form = EveryKind(
            formdata=None, data={"text": value, "word": value, "quiet": value, "one_of": value, "box": True}
        )
        fields = [form.text, form.word, form.quiet, form.box, *form.one_of, EveryKind(formdata=None).box]
        for field in fields:
            assert drawn(field, attributes) == field.widget(field, **{**NOT_DERIVED, **attributes}), field.name


def test_hidden_fields_are_what_flask_wtf_draws(shop: Shop) -> None:
    with shop.app.test_request_context("/"):
        form = EveryKind(formdata=None, data={"quiet": HOSTILE, "owner": None})
        assert form.hidden_tag() == hidden(form) == super(PageForm, form).hidden_tag()
        assert form.hidden_tag("quiet") == str(form.quiet())


@pytest.mark.parametrize("chosen", [None, "", "DE", "de", "XX", HOSTILE])
def test_select_is_what_wtforms_draws(shop: Shop, chosen: str | None) -> None:
    with shop.app.test_request_context("/"):
        form = EveryKind(formdata=None, data={"listed": chosen})
        field = form.listed
        for everybodys in (
            shared(countries, "de", HOSTILE),
            shared(languages, "en", ""),
            shared_codes((HOSTILE,), "-"),
        ):
            field.choices = Offer(everybodys, chosen, lambda code: f"{code} & {HOSTILE}")
            ours = drawn(field, {"autocomplete": "country"})
            field.choices = list(field.choices)
            assert ours == field.widget(field, required=False, autocomplete="country")
            assert ours.count(" selected ") == (chosen is not None)


def test_options_that_everybody_has_are_drawn_once_and_hold_nothing_of_anybody(shop: Shop) -> None:
    everybodys = shared(countries, "en", "Choose")
    assert shared(countries, "en", "Choose") is everybodys
    before = everybodys.html
    assert HOSTILE in [value for value, _ in Offer(everybodys, HOSTILE)]
    Offer(everybodys, "DE").options("DE")
    assert everybodys.html == before
    assert "selected" not in before


def test_fields_of_two_forms_share_nothing_that_a_request_fills_in(shop: Shop) -> None:
    with shop.app.test_request_context("/"):
        one = EveryKind(formdata=None, data={"text": "one"})
        other = EveryKind(formdata=None, data={"text": "other"})
        one.text.errors = ["wrong"]
        one.listed.choices = [("a", "A")]
        assert (other.text.data, other.text.errors, other.listed.choices) == ("other", (), None)
        assert all(field.meta is other.meta for field in other)
        assert other.csrf_token.csrf_impl is not one.csrf_token.csrf_impl
