"""The check that all bodies share: its words, its limits, and the merge-patch variant."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bff.errors import Detail, InvalidInput
from bff.operations.body import MAX_DETAILS, Body, nullable, optional, required, validate
from bff.operations.json_body import JsonValue
from bff.operations.schemas import CustomerSignup, CustomerUpdate


class Part(Body):
    """A part."""

    flag: bool = optional("A flag.")
    deep_name: str = required("A name.")


class Whole(Body):
    """A whole."""

    some_part: Part = optional("A part.")
    words: list[str] = optional("Words.")
    count: int = optional("A count.")
    b2b: str = optional("A name that camel case would spoil.", alias="b2b")


def details(model: type[Body], value: JsonValue) -> set[tuple[str | None, str | None, str]]:
    with pytest.raises(InvalidInput) as caught:
        validate(model, value)
    return {(detail.field, detail.type, detail.message) for detail in caught.value.details}


def test_all_problems_are_named_at_once_by_their_camel_case_path() -> None:
    value: JsonValue = {"somePart": {"flag": 1, "x": 1}, "words": ["a", 2], "count": "3", "some_part": {}}
    assert details(Whole, value) == {
        ("somePart.flag", "invalid_type", "must be true or false"),
        ("somePart.x", "unknown_property", "is not a known property"),
        ("somePart.deepName", "missing_value", "is required"),
        ("words.1", "invalid_type", "must be a string"),
        ("count", "invalid_type", "must be an integer"),
        ("some_part", "unknown_property", "is not a known property"),
    }


@pytest.mark.parametrize("value", [True, 1.0, "1", None, [], {}])
def test_nothing_but_an_integer_is_an_integer(value: JsonValue) -> None:
    assert details(Whole, {"count": value}) == {("count", "invalid_type", "must be an integer")}


@pytest.mark.parametrize(("name", "expected"), [("words", "must be an array"), ("somePart", "must be an object")])
@pytest.mark.parametrize("value", ["text", 1, None, False])
def test_containers_are_not_replaced_by_plain_values(name: str, expected: str, value: JsonValue) -> None:
    assert details(Whole, {name: value}) == {(name, "invalid_type", expected)}


def test_half_a_surrogate_pair_is_refused() -> None:
    assert details(CustomerUpdate, {"title": "\ud800"}) == {
        ("title", "invalid_value", "must consist of whole Unicode characters")
    }


@pytest.mark.parametrize("name", ["n" * 65, "a\nb", ""])
def test_odd_property_name_is_refused_without_being_shown(name: str) -> None:
    ((field, type_, message),) = details(Whole, {name: 1})
    assert (field, type_) == (None, "unknown_property")
    assert not name or name not in message
    ((field, _, _),) = details(Whole, {"somePart": {"deepName": "x", name: 1}})
    assert field == "somePart"


def test_refusal_names_a_limited_number_of_problems() -> None:
    with pytest.raises(InvalidInput) as caught:
        validate(Whole, {f"unknown{number}": 1 for number in range(5000)})
    assert len(caught.value.details) == MAX_DETAILS


def test_rules_between_properties_count_beside_those_for_each() -> None:
    class Pair(Whole):
        """A pair."""

        @classmethod
        def across_properties(cls, value: dict[str, JsonValue]) -> tuple[Detail, ...]:
            return (Detail(message="does not fit", field="words", type="invalid_value"),)

    assert details(Pair, {"count": "x"}) == {
        ("count", "invalid_type", "must be an integer"),
        ("words", "invalid_value", "does not fit"),
    }
    assert details(Pair, {}) == {("words", "invalid_value", "does not fit")}


def test_the_library_s_own_error_does_not_travel_along() -> None:
    with pytest.raises(InvalidInput) as caught:
        validate(Whole, {"count": "canary"})
    assert caught.value.__context__ is None


def test_nullable_variant_is_built_once() -> None:
    assert nullable(Whole) is nullable(Whole)
    assert nullable(Whole).__name__ == "WholeNullable"


def test_nullable_variant_takes_null_at_every_depth() -> None:
    validate(nullable(Whole), {"somePart": None, "words": None, "count": None, "b2b": None})
    validate(nullable(Whole), {"somePart": {"flag": None, "deepName": None}})


def test_nullable_variant_is_as_strict_as_its_model_otherwise() -> None:
    with pytest.raises(InvalidInput) as caught:
        validate(
            nullable(Whole),
            {"somePart": {"flag": 1, "x": None, "deepName": None}, "words": [None], "count": "1", "b2b": 1},
        )
    assert {(detail.field, detail.type) for detail in caught.value.details} == {
        ("somePart.flag", "invalid_type"),
        ("somePart.x", "unknown_property"),
        ("words.0", "invalid_type"),
        ("count", "invalid_type"),
        ("b2b", "invalid_type"),
    }


def test_the_model_itself_still_refuses_null_after_its_variant_was_built() -> None:
    nullable(Whole)
    assert details(Whole, {"count": None, "b2b": None}) == {
        ("count", "invalid_type", "must be an integer"),
        ("b2b", "invalid_type", "must be a string"),
    }


NAMES = st.sampled_from(
    [
        "email",
        "password",
        "customerDetails",
        "customerAddress",
        "signup",
        "b2b",
        "tags",
        "metadata",
        "firstName",
        "companyRegistrationId",
        "contactEmail",
        "mixins",
        "version",
    ]
) | st.text(max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None, database=None)
@given(value=VALUES, model=st.sampled_from([CustomerSignup, nullable(CustomerUpdate), nullable(CustomerSignup)]))
def test_any_value_is_accepted_or_refused_with_details(value: JsonValue, model: type[Body]) -> None:
    refused_with = 1
    try:
        validate(model, value)
    except InvalidInput as error:
        refused_with = len(error.details)
    assert 1 <= refused_with <= MAX_DETAILS
