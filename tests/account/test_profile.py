"""One odd property of a profile or an address is named as unreadable, and hides no other."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bff.account.profile import Address, AddressTexts, Profile, ProfileTexts, addresses_of
from bff.sessions.model import LegalEntity

ADDRESS: dict[str, Any] = {
    "id": "a1",
    **{name: f"the {name}" for name in AddressTexts().by_property()},
    "country": "DE",
    "tags": ["BILLING", "gift"],
    "isDefault": True,
    "metadata": {"version": 3},
}
PROFILE: dict[str, Any] = {
    "id": "c1",
    "customerNumber": "13869000",
    "accounts": [{"id": "jane@example.com"}],
    **{name: f"the {name}" for name in ProfileTexts().by_property()},
    "b2b": {"companyRegistrationId": "1", "legalEntities": [{"id": "e1", "name": "One"}]},
    "metadata": {"version": 3},
}
ODD_TEXTS: tuple[Any, ...] = (5, 1.5, True, False, 0, [], ["DE"], {}, {"x": 1}, "\ud800", "a\udfff")
NOT_GIVEN: tuple[Any, ...] = (None, "")


def test_whole_records_are_read_whole() -> None:
    address, profile = Address.of(ADDRESS), Profile.of(PROFILE)
    assert address.texts.by_property() == {name: ADDRESS[name] for name in AddressTexts().by_property()}
    assert (address.id, address.tags, address.is_default, address.version) == ("a1", ("BILLING", "gift"), True, 3)
    assert profile.texts.by_property() == {name: f"the {name}" for name in ProfileTexts().by_property()}
    assert (profile.id, profile.sign_in_email, profile.version) == ("c1", "jane@example.com", 3)
    assert profile.customer_number == "13869000"
    assert profile.legal_entities == (LegalEntity(id="e1", name="One"),)
    assert (address.unreadable, profile.unreadable) == ((), ())


@pytest.mark.parametrize("odd", ODD_TEXTS, ids=repr)
@pytest.mark.parametrize(("kind", "whole"), [(Address, ADDRESS), (Profile, PROFILE)], ids=["address", "profile"])
def test_text_of_another_type_is_named_and_every_other_one_is_read(kind: Any, whole: dict[str, Any], odd: Any) -> None:
    before = kind.of(whole)
    for name in before.texts.by_property():
        read = kind.of({**whole, name: odd})
        assert read.unreadable == (name,)
        assert read.texts.by_property() == {**before.texts.by_property(), name: None}


@pytest.mark.parametrize("nothing", NOT_GIVEN, ids=repr)
@pytest.mark.parametrize(("kind", "whole"), [(Address, ADDRESS), (Profile, PROFILE)], ids=["address", "profile"])
def test_text_that_is_not_given_is_not_unreadable(kind: Any, whole: dict[str, Any], nothing: Any) -> None:
    for name in kind.of(whole).texts.by_property():
        assert kind.of({**whole, name: nothing}).unreadable == ()
        assert kind.of({key: value for key, value in whole.items() if key != name}).unreadable == ()


@pytest.mark.parametrize(
    ("tags", "read", "unreadable"),
    [
        (None, (), ()),
        ([], (), ()),
        (["A", 5, None, "", {}], ("A",), ("tags",)),
        (["A", "\ud800"], ("A",), ("tags",)),
        (["x,y", " z ", "q"], ("q",), ("tags",)),
        ("A", (), ("tags",)),
        ({"A": 1}, (), ("tags",)),
    ],
)
def test_tags_that_are_texts_are_read(tags: Any, read: tuple[str, ...], unreadable: tuple[str, ...]) -> None:
    address = Address.of({**ADDRESS, "tags": tags})
    assert (address.tags, address.unreadable) == (read, unreadable)


@pytest.mark.parametrize("default", ["true", "false", 1, [], {}])
def test_default_is_true_and_nothing_else(default: Any) -> None:
    address = Address.of({**ADDRESS, "isDefault": default})
    assert (address.is_default, address.unreadable) == (False, ("isDefault",))


@pytest.mark.parametrize("id", [None, "", 5, ["a1"], "a/b", "..", "a\r\nb", "ä", "x" * 65, "\ud800"])
def test_id_that_cannot_be_asked_for_is_none(id: Any) -> None:
    assert Address.of({**ADDRESS, "id": id}).id is None


@pytest.mark.parametrize("version", ["3", True, 3.0, -1, 10**15, 10**400, [3], {}])
def test_version_that_counts_no_writes_is_none(version: Any) -> None:
    assert Address.of({**ADDRESS, "metadata": {"version": version}}).version is None


@pytest.mark.parametrize(
    ("b2b", "entities"),
    [
        ([], 0),
        ("x", 0),
        ({"companyRegistrationId": 5}, 0),
        ({"legalEntities": {}}, 0),
        ({"legalEntities": [{"id": "e1"}, {"id": 5}, 7, None, {}]}, 1),
        ({"legalEntities": [{"id": "e1", "name": ["x"]}, []]}, 1),
    ],
)
def test_company_that_cannot_be_read_whole_is_named(b2b: Any, entities: int) -> None:
    profile = Profile.of({**PROFILE, "b2b": b2b})
    assert (profile.unreadable, len(profile.legal_entities)) == (("b2b",), entities)


def test_entries_that_are_no_objects_are_left_out() -> None:
    assert [address.id for address in addresses_of([5, ADDRESS, None, "x", [], ADDRESS])] == ["a1", "a1"]


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(["\ud800", "a1"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
@settings(max_examples=40, derandomize=True, database=None)
def test_no_json_value_makes_a_record_fail_or_a_text_that_cannot_be_shown(data: st.DataObject) -> None:
    for kind, whole in ((Address, ADDRESS), (Profile, PROFILE)):
        odd = data.draw(st.dictionaries(st.sampled_from(sorted(whole)), VALUES))
        read: Any = kind.of({**whole, **odd})
        shown = [*read.texts.by_property().values(), *(getattr(read, field.name) for field in fields(read))]
        assert str(shown).encode()
        assert all(text is None or text.encode() for text in read.texts.by_property().values())
