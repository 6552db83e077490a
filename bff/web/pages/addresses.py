"""The address book: a list, a form, a page that asks before it deletes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue

from bff.errors import BffError, SessionError, UpstreamError, UpstreamRejected
from bff.web.forms.choices import countries, with_stored
from bff.web.forms.fields import BILLING, SHIPPING, split_tags, tag_list, version_of
from bff.web.forms.forms import ADDRESS_PROPERTIES, AddressForm, ConfirmForm, TagsForm
from bff.web.language import gettext as _
from bff.web.language import locale
from bff.web.pages.flow import FormPage, register_page, register_view, see_other
from bff.web.pages.idempotency import claim, release
from bff.web.pages.visit import Visit
from bff.web.rendering import render
from bff.wiring import Services

BOOK = "/account/addresses"
_ID = "addressId"
_RULE = f"{BOOK}/<{_ID}>"


def make_pages(blueprint: Blueprint, services: Services) -> list[FormPage]:
    """Add the pages; return those with a form."""
    register_view(blueprint, services, BOOK, "addresses", _book)
    pages = [
        FormPage(
            endpoint="address_new",
            rule=f"{BOOK}/new",
            template="address.html",
            form=AddressForm,
            values=_fresh,
            context=_adding,
            prepare=_prepare,
            submit=_add,
        ),
        FormPage(
            endpoint="address",
            rule=_RULE,
            template="address.html",
            form=AddressForm,
            values=_stored,
            prepare=_prepare,
            submit=_change,
        ),
        FormPage(
            endpoint="address_delete",
            rule=f"{_RULE}/delete",
            template="address_delete.html",
            form=ConfirmForm,
            values=_summary,
            submit=_delete,
            shows_drafts=False,
        ),
        FormPage(
            endpoint="address_default",
            rule=f"{_RULE}/default",
            template="address_default.html",
            form=ConfirmForm,
            values=_summary,
            submit=_make_default,
            shows_drafts=False,
        ),
        FormPage(
            endpoint="address_tags",
            rule=f"{_RULE}/tags",
            template="address_tags.html",
            form=TagsForm,
            values=_tags,
            submit=_change_tags,
        ),
    ]
    for page in pages:
        register_page(blueprint, services, page)
    return pages


def line_of(address: Mapping[str, Any]) -> str:
    """Return an address in one line, to tell it from the others."""
    street = " ".join(str(address[name]) for name in ("street", "streetNumber") if address.get(name))
    town = " ".join(str(address[name]) for name in ("zipCode", "city") if address.get(name))
    return ", ".join(part for part in (address.get("contactName"), street, town) if part)


def _book(visit: Visit) -> ResponseReturnValue:
    addresses = [entry for entry in visit.call("list_addresses").content if isinstance(entry, dict)]
    names = dict(countries(str(locale())))
    shown = [
        {**entry, "line": line_of(entry), "countryName": names.get(entry.get("country") or "")} for entry in addresses
    ]
    return render("addresses.html", addresses=shown, form=ConfirmForm(formdata=None))


def _of_path(visit: Visit) -> dict[str, Any]:
    return {_ID: visit.path_values[_ID]}


def _read(visit: Visit) -> Mapping[str, Any]:
    address: Mapping[str, Any] = visit.call("get_address", values=_of_path(visit)).content
    return address


def _fresh(visit: Visit) -> Mapping[str, Any]:
    return {"billing": True, "shipping": True, "formId": secrets.token_urlsafe(12)}


def _adding(visit: Visit) -> Mapping[str, Any]:
    return {"adding": True}


def _stored(visit: Visit) -> Mapping[str, Any]:
    address = _read(visit)
    metadata = address.get("metadata")
    return {
        **{name: address.get(name) for name in ADDRESS_PROPERTIES},
        **_boxes(address),
        "isDefault": bool(address.get("isDefault")),
        "version": metadata.get("version") if isinstance(metadata, dict) else None,
    }


def _boxes(address: Mapping[str, Any]) -> dict[str, Any]:
    stored = address.get("tags")
    tags = [tag for tag in stored if isinstance(tag, str)] if isinstance(stored, list) else []
    free = [tag for tag in tags if tag not in (BILLING, SHIPPING)]
    return {"billing": BILLING in tags, "shipping": SHIPPING in tags, "tags": ", ".join(free)}


def _prepare(visit: Visit, form: AddressForm) -> None:
    choices = countries(str(locale()))
    form.country.choices = [("", _("Choose a country")), *with_stored(choices, form.country.data)]


def _body(form: AddressForm) -> dict[str, Any]:
    return {**{name: form[name].data or "" for name in ADDRESS_PROPERTIES}, "tags": tag_list(form)}


def _add(visit: Visit, form: AddressForm) -> ResponseReturnValue:
    if not claim(visit, form.formId.data):
        # The same page, sent twice: the first time did it.
        return see_other(BOOK)
    body = {name: value for name, value in _body(form).items() if value}
    try:
        made = visit.call("add_address", body).content
    except BffError:
        # Whether upstream has it may be unknown by now. Two addresses can be seen and put right; one that was
        # dropped on the second try, with a page that looks like success, cannot.
        release(visit, form.formId.data)
        raise
    flash(_("The address has been added."))
    if form.isDefault.data:
        # Upstream takes the wish only with a change.
        try:
            visit.call("update_address", {"isDefault": True}, values={_ID: str(made.get("id"))})
        except (UpstreamError, SessionError):
            flash(_("We could not make it your default address. Try that again from the list."), "warning")
    return see_other(BOOK)


def _change(visit: Visit, form: AddressForm) -> ResponseReturnValue:
    body = {**_body(form), "isDefault": bool(form.isDefault.data), **version_of(form)}
    try:
        visit.call("update_address", body, values=_of_path(visit))
    except UpstreamRejected as err:
        if err.status != 409:
            raise
        return _changed_elsewhere(visit, form)
    flash(_("The address has been saved."))
    return see_other(BOOK)


def _changed_elsewhere(visit: Visit, form: AddressForm) -> ResponseReturnValue:
    theirs = _stored(visit)
    form.version.data = theirs["version"]
    form.version.raw_data = None
    _prepare(visit, form)
    differing = {name: theirs[name] for name in ADDRESS_PROPERTIES if (theirs[name] or "") != (form[name].data or "")}
    return render(
        "address.html",
        status=422,
        form=form,
        restored=False,
        theirs=differing,
        alert=_(
            "This address was changed somewhere else meanwhile. Compare, then save again to keep what stands here."
        ),
    )


def _summary(visit: Visit) -> Mapping[str, Any]:
    return {"summary": line_of(_read(visit))}


def _delete(visit: Visit, form: ConfirmForm) -> ResponseReturnValue:
    try:
        visit.call("delete_address", values=_of_path(visit))
    except UpstreamRejected as err:
        # Gone already is what was wanted.
        if err.status != 404:
            raise
    flash(_("The address has been deleted."))
    return see_other(BOOK)


def _make_default(visit: Visit, form: ConfirmForm) -> ResponseReturnValue:
    visit.call("update_address", {"isDefault": True}, values=_of_path(visit))
    flash(_("This is now your default address."))
    return see_other(BOOK)


def _tags(visit: Visit) -> Mapping[str, Any]:
    address = _read(visit)
    boxes = _boxes(address)
    before = [
        *split_tags(boxes["tags"]),
        *([BILLING] if boxes["billing"] else []),
        *([SHIPPING] if boxes["shipping"] else []),
    ]
    return {**boxes, "summary": line_of(address), "before": ",".join(before)}


def _change_tags(visit: Visit, form: TagsForm) -> ResponseReturnValue:
    wanted, before = form.wanted(), split_tags(form.before.data)
    added = [tag for tag in wanted if tag not in before]
    removed = [tag for tag in before if tag not in wanted]
    for operation, tags in (("add_address_tags", added), ("remove_address_tags", removed)):
        if tags:
            visit.call(operation, values={**_of_path(visit), "tags": ",".join(tags)})
    flash(_("The tags have been saved."))
    return see_other(BOOK)
