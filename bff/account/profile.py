"""Profiles and addresses as values: read once from upstream's JSON, leniently, so that one odd property hides no other.

Schemas `CustomerProfile` and `Address` of the Customer Service contract. What is not of the documented type counts as
not given, and is named in `unreadable`: a page says that it cannot show it, and a form does not overwrite it unasked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from pydantic.alias_generators import to_camel

from bff.account.versions import version_of
from bff.operations.table import OPERATIONS
from bff.sessions.model import LegalEntity

_ADDRESS_ID: Final = OPERATIONS["get_address"].parameter("addressId")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The text properties of a record; each is None where upstream gives no text for it."""

    def by_property(self) -> Mapping[str, str | None]:
        """Return the texts by Emporix's property names."""
        return {property: getattr(self, name) for name, property in _names(type(self)).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileTexts(Texts):
    """The texts of a profile that its owner edits."""

    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None
    company: str | None = None
    preferred_language: str | None = None
    preferred_currency: str | None = None
    preferred_site: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What `GET /me` says of a customer."""

    id: str | None
    customer_number: str | None
    sign_in_email: str | None
    """`accounts[].id`; the contact e-mail is another."""
    texts: ProfileTexts
    company_registration_id: str | None
    legal_entities: tuple[LegalEntity, ...]
    version: int | None
    unreadable: tuple[str, ...]
    """Names of the properties that upstream gives as something else than documented."""

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Profile:
        """Read a profile."""
        b2b = content.get("b2b")
        company = b2b if isinstance(b2b, dict) else {}
        listed = company.get("legalEntities")
        entities = tuple(_legal_entities(listed))
        whole_company = (
            (b2b is None or isinstance(b2b, dict))
            and _is_text(company.get("companyRegistrationId"))
            and (listed is None or (isinstance(listed, list) and len(entities) == len(listed)))
        )
        return cls(
            id=text_of(content.get("id")),
            customer_number=text_of(content.get("customerNumber")),
            sign_in_email=_sign_in_email(content.get("accounts")),
            texts=ProfileTexts(**_texts(ProfileTexts, content)),
            company_registration_id=text_of(company.get("companyRegistrationId")),
            legal_entities=entities,
            version=version_of(content),
            unreadable=(*_odd_texts(ProfileTexts, content), *(() if whole_company else ("b2b",))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressTexts(Texts):
    """The lines of an address."""

    contact_name: str | None = None
    company_name: str | None = None
    street: str | None = None
    street_number: str | None = None
    street_appendix: str | None = None
    extra_line1: str | None = None
    extra_line2: str | None = None
    extra_line3: str | None = None
    extra_line4: str | None = None
    zip_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    contact_phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One entry of the address book."""

    id: str | None
    """None: upstream gives none by which the address could be asked for."""
    texts: AddressTexts
    tags: tuple[str, ...]
    is_default: bool
    version: int | None
    unreadable: tuple[str, ...]
    """Names of the properties that upstream gives as something else than documented."""

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Address:
        """Read an address."""
        id, listed, is_default = text_of(content.get("id")), content.get("tags"), content.get("isDefault")
        tags = tuple(tag for one in listed if (tag := _tag_of(one))) if isinstance(listed, list) else ()
        whole_tags = listed is None or (
            isinstance(listed, list) and all(one in (None, "", _tag_of(one)) for one in listed)
        )
        return cls(
            id=id if id is not None and _ADDRESS_ID.admits(id) else None,
            texts=AddressTexts(**_texts(AddressTexts, content)),
            tags=tags,
            is_default=is_default is True,
            version=version_of(content),
            unreadable=(
                *_odd_texts(AddressTexts, content),
                *(() if whole_tags else ("tags",)),
                *(() if is_default is None or isinstance(is_default, bool) else ("isDefault",)),
            ),
        )

    @property
    def street_line(self) -> str:
        """Street and number."""
        return _joined(" ", self.texts.street, self.texts.street_number)

    @property
    def town_line(self) -> str:
        """Postal code and town."""
        return _joined(" ", self.texts.zip_code, self.texts.city)

    @property
    def line(self) -> str:
        """The address in one line, to tell it from the others."""
        return _joined(", ", self.texts.contact_name, self.street_line, self.town_line)


def addresses_of(content: list[Any]) -> tuple[Address, ...]:
    """Read an address book; entries that are no objects are left out."""
    return tuple(Address.of(entry) for entry in content if isinstance(entry, dict))


def text_of(value: Any) -> str | None:
    """Return a value that is a text, and not an empty one."""
    return value if value and isinstance(value, str) and _is_text(value) else None


def _tag_of(value: Any) -> str | None:
    """Return a value that is a tag which pages, and queries of upstream's, can list between commas."""
    tag = text_of(value)
    return tag if tag is not None and "," not in tag and tag == tag.strip() else None


def _is_text(value: Any) -> bool:
    """Tell whether a value is a text that can be shown, or not given; half of a surrogate pair is no character."""
    return value is None or (isinstance(value, str) and _SURROGATE.search(value) is None)


def _odd_texts(kind: type[Texts], content: Mapping[str, Any]) -> list[str]:
    return [property for property in _names(kind).values() if not _is_text(content.get(property))]


def _texts(kind: type[Texts], content: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: text_of(content.get(property)) for name, property in _names(kind).items()}


@cache
def _properties(names: tuple[str, ...]) -> Mapping[str, str]:
    return MappingProxyType({name: to_camel(name) for name in names})


def _names(kind: type[Texts]) -> Mapping[str, str]:
    """Return Emporix's property names by ours."""
    return _properties(tuple(kind.__dataclass_fields__))


def _joined(between: str, *parts: str | None) -> str:
    return between.join(part for part in parts if part)


def _sign_in_email(accounts: Any) -> str | None:
    known = [a for a in accounts if isinstance(a, dict)] if isinstance(accounts, list) else []
    # An account with a provider's id belongs to a social login; its e-mail is not one to sign in with here.
    for account in sorted(known, key=lambda a: bool(a.get("providerId"))):
        if email := text_of(account.get("id")):
            return email
    return None


def _legal_entities(listed: Any) -> Iterator[LegalEntity]:
    for entity in listed if isinstance(listed, list) else ():
        if isinstance(entity, dict) and (id := text_of(entity.get("id"))):
            yield LegalEntity(id=id, name=text_of(entity.get("name")) or id)
