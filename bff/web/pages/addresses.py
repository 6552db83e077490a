"""The address book: a list, a form, a page that asks before it deletes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from bff.account.postal import country, lines
from bff.account.profile import Address, addresses_of
from bff.errors import BffError, PreconditionFailed, UpstreamRejected
from bff.web import paths
from bff.web.forms.choices import countries
from bff.web.forms.fields import BILLING, SHIPPING, entered, split_tags, tag_list, version_of
from bff.web.forms.forms import ADDRESS_PROPERTIES, AddressForm, ConfirmForm, TagsForm
from bff.web.language import gettext as _
from bff.web.language import locale_code
from bff.web.middleware.second_click import FORM_KEY
from bff.web.pages.address_fields import first_country, offer_places, turns_to_another_country
from bff.web.pages.flow import ChangedMeanwhile, FormPage, register_view, see_other
from bff.web.pages.idempotency import release_key, use_key
from bff.web.pages.visit import Visit
from bff.web.rendering import render
from bff.wiring import Services

_ID = "addressId"


def make_pages(blueprint: Blueprint, services: Services) -> list[FormPage]:
    """Add the pages without a form; return the others."""
    register_view(blueprint, services, paths.ADDRESSES, "addresses", _book, reads=("list_addresses",))
    return [
        FormPage(
            endpoint="address_new",
            operations=("add_address", "update_address"),
            rule=paths.ADDRESS_NEW,
            template="address.html",
            form=AddressForm,
            values=_fresh,
            context=_adding,
            prepare=offer_places,
            reshape=turns_to_another_country,
            submit=_add,
        ),
        FormPage(
            endpoint="address",
            reads=("get_address",),
            operations=("update_address", "get_address"),
            rule=paths.ADDRESS.rule,
            template="address.html",
            form=AddressForm,
            values=_stored,
            prepare=offer_places,
            reshape=turns_to_another_country,
            submit=_change,
        ),
        FormPage(
            endpoint="address_delete",
            reads=("get_address",),
            operations=("delete_address",),
            rule=paths.ADDRESS_DELETE.rule,
            template="address_delete.html",
            form=ConfirmForm,
            values=_summary,
            submit=_delete,
            shows_drafts=False,
        ),
        FormPage(
            endpoint="address_default",
            reads=("get_address",),
            operations=("update_address",),
            rule=paths.ADDRESS_DEFAULT.rule,
            template="address_default.html",
            form=ConfirmForm,
            values=_summary,
            submit=_make_default,
            shows_drafts=False,
        ),
        FormPage(
            endpoint="address_tags",
            reads=("get_address",),
            operations=("add_address_tags", "remove_address_tags"),
            rule=paths.ADDRESS_TAGS.rule,
            template="address_tags.html",
            form=TagsForm,
            values=_tags,
            submit=_change_tags,
        ),
    ]


def _book(visit: Visit) -> ResponseReturnValue:
    listed = visit.perform("list_addresses").content
    addresses = addresses_of(listed)
    names = dict(countries(locale_code()))
    shown = [(one, lines(one.texts, names.get(one.texts.country or ""))) for one in addresses]
    return render(
        "addresses.html",
        addresses=shown,
        unreadable=len(listed) - len(addresses),
        is_deliverable=_is_deliverable,
        form=ConfirmForm(formdata=None),
    )


def _is_deliverable(address: Address) -> bool:
    return country(address.texts.country).is_deliverable(address.texts.by_property())


def _of_path(visit: Visit) -> dict[str, Any]:
    return {_ID: visit.path_values[_ID]}


def _read(visit: Visit) -> Address:
    return Address.of(visit.perform("get_address", values=_of_path(visit)).content)


def _fresh(visit: Visit) -> Mapping[str, Any]:
    return {"country": first_country(visit), "shownCountry": first_country(visit), "billing": True, "shipping": True}


def _adding(visit: Visit) -> Mapping[str, Any]:
    return {"adding": True}


def _stored(visit: Visit) -> Mapping[str, Any]:
    address = _read(visit)
    return {
        **address.texts.by_property(),
        **_boxes(address),
        "isDefault": address.is_default,
        "version": address.version,
        "shownCountry": address.texts.country,
        "unshown": ",".join(address.unreadable),
    }


def _boxes(address: Address) -> dict[str, Any]:
    free = [tag for tag in address.tags if tag not in (BILLING, SHIPPING)]
    return {"billing": BILLING in address.tags, "shipping": SHIPPING in address.tags, "tags": ", ".join(free)}


def _body(form: AddressForm) -> dict[str, Any]:
    tags = tag_list(form)
    kept = not tags and "tags" in (form.unshown.data or "").split(",")
    return {**entered(form, ADDRESS_PROPERTIES), **({} if kept else {"tags": tags})}


def _add(visit: Visit, form: AddressForm) -> ResponseReturnValue:
    key = request.form.get(FORM_KEY)
    if not use_key(visit, key):
        # The same page, sent long after: the first time did it.
        return see_other(paths.ADDRESSES)
    body = {name: value for name, value in _body(form).items() if value}
    try:
        made = Address.of(visit.perform("add_address", body).content)
    except BffError:
        # Whether upstream has it may be unknown by now. Two addresses can be seen and put right; one that was
        # dropped on the second try, with a page that looks like success, cannot.
        release_key(visit, key)
        raise
    flash(_("The address has been added."))
    if form.isDefault.data:
        # Upstream takes the wish only with a change.
        try:
            visit.perform("update_address", {"isDefault": True}, values={_ID: made.id or ""})
        except BffError:
            flash(_("We could not make it your default address. Try that again from the list."), "warning")
    return see_other(paths.ADDRESSES)


def _change(visit: Visit, form: AddressForm) -> ResponseReturnValue:
    body = {**_body(form), "isDefault": bool(form.isDefault.data), **version_of(form)}
    unshown = (form.unshown.data or "").split(",")
    if "isDefault" in unshown and not form.isDefault.data:
        del body["isDefault"]
    if "tags" in unshown and "tags" in body and set(body["tags"]) == set(_read(visit).tags):
        # Nothing was changed of those that the page could show; the others would be lost.
        del body["tags"]
    try:
        visit.perform("update_address", body, values=_of_path(visit))
    except (PreconditionFailed, UpstreamRejected) as err:
        if isinstance(err, UpstreamRejected) and err.status != 409:
            raise
        theirs = _stored(visit)
        form.take_version(theirs["version"])
        raise ChangedMeanwhile(
            _("This address was changed somewhere else meanwhile. Compare, then save again to keep what stands here."),
            {name: theirs[name] for name in ADDRESS_PROPERTIES if (theirs[name] or "") != (form[name].data or "")},
        ) from None
    flash(_("The address has been saved."))
    return see_other(paths.ADDRESSES)


def _summary(visit: Visit) -> Mapping[str, Any]:
    return {"summary": _read(visit).line}


def _delete(visit: Visit, form: ConfirmForm) -> ResponseReturnValue:
    try:
        visit.perform("delete_address", values=_of_path(visit))
    except UpstreamRejected as err:
        # Gone already is what was wanted.
        if err.status != 404:
            raise
    flash(_("The address has been deleted."))
    return see_other(paths.ADDRESSES)


def _make_default(visit: Visit, form: ConfirmForm) -> ResponseReturnValue:
    visit.perform("update_address", {"isDefault": True}, values=_of_path(visit))
    flash(_("This is now your default address."))
    return see_other(paths.ADDRESSES)


def _tags(visit: Visit) -> Mapping[str, Any]:
    address = _read(visit)
    boxes = _boxes(address)
    before = [
        *split_tags(boxes["tags"]),
        *([BILLING] if boxes["billing"] else []),
        *([SHIPPING] if boxes["shipping"] else []),
    ]
    return {**boxes, "summary": address.line, "before": ",".join(before)}


def _change_tags(visit: Visit, form: TagsForm) -> ResponseReturnValue:
    wanted, before = form.wanted(), split_tags(form.before.data)
    # Sets: in lists, each tag of the one would be compared with each of the other.
    there, kept = set(before), set(wanted)
    added = [tag for tag in wanted if tag not in there]
    removed = [tag for tag in before if tag not in kept]
    for operation, tags in (("add_address_tags", added), ("remove_address_tags", removed)):
        if tags:
            visit.perform(operation, values={**_of_path(visit), "tags": ",".join(tags)})
    flash(_("The tags have been saved."))
    return see_other(paths.ADDRESSES)
