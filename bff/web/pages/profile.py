"""The profile, shown and edited; the company to act for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from bff.account.profile import Profile
from bff.errors import PreconditionFailed, UpstreamRejected
from bff.operations.model import MERGE_PATCH
from bff.web import paths
from bff.web.acting_for import acting_for
from bff.web.forms.choices import Offer, currencies, language_name, languages, shared, shared_codes
from bff.web.forms.fields import entered, version_of
from bff.web.forms.forms import CompanyForm
from bff.web.forms.profile_form import ProfileForm, basis_of, known_sections
from bff.web.language import gettext as _
from bff.web.language import locale_code
from bff.web.pages.flow import ChangedMeanwhile, FieldRefused, FormPage, see_other
from bff.web.pages.pending_email import forget_if_confirmed, pending_address
from bff.web.pages.visit import Visit
from bff.wiring import Services

_CONTACT = "contactEmail"
_TEXTS = ("firstName", "middleName", "lastName", "contactPhone", "company", _CONTACT)
_PREFERENCES = ("preferredLanguage", "preferredCurrency", "preferredSite")
_CHANGE = "change"
"""What the query of the profile's path asks to change; several may be."""


def make_pages(blueprint: Blueprint, services: Services) -> list[FormPage]:
    """Return the pages."""
    return [
        FormPage(
            endpoint="profile",
            reads=("get_me",),
            operations=("update_me", "get_me"),
            rule=paths.ACCOUNT,
            template="profile.html",
            form=ProfileForm,
            values=_values,
            context=_context,
            prepare=_prepare,
            submit=_save,
        ),
        FormPage(
            endpoint="company",
            operations=("refresh_auth_token",),
            rule=paths.COMPANY,
            template="company.html",
            form=CompanyForm,
            values=_company_values,
            prepare=_prepare_company,
            submit=_switch,
            shows_drafts=False,
        ),
    ]


def _values(visit: Visit) -> Mapping[str, Any]:
    profile = Profile.of(visit.perform("get_me").content)
    visit.services.login.take_profile(visit.session, profile)
    forget_if_confirmed(visit, profile.sign_in_email)
    sections = known_sections(request.args.getlist(_CHANGE))
    held = {**profile.texts.by_property(), "companyRegistrationId": profile.company_registration_id}
    return {
        **held,
        "contactEmailBefore": profile.texts.contact_email,
        "companyRegistrationIdBefore": profile.company_registration_id,
        "version": profile.version,
        "unshown": ",".join(profile.unreadable),
        "change": ",".join(sections),
        "basis": basis_of(held, sections),
    }


def _context(visit: Visit) -> Mapping[str, Any]:
    features = visit.services.settings.features
    return {
        "customer": visit.who.customer,
        "may_delete": features.account_deletion,
        "pending": pending_address(visit),
    }


def _prepare(visit: Visit, form: ProfileForm) -> None:
    settings = visit.services.settings.emporix
    tongue, unchosen = locale_code(), _("Not chosen")
    form.preferredLanguage.choices = Offer(
        shared(languages, tongue, unchosen), form.preferredLanguage.data, lambda code: language_name(code, tongue)
    )
    form.preferredCurrency.choices = Offer(shared(currencies, tongue, unchosen), form.preferredCurrency.data)
    sites = sorted({*settings.sites, *([settings.site] if settings.site else [])})
    form.preferredSite.choices = Offer(shared_codes(tuple(sites), unchosen), form.preferredSite.data)


def _save(visit: Visit, form: ProfileForm) -> ResponseReturnValue:
    owned = form.owned
    # A contact e-mail can be changed, not removed; upstream would take the empty text for a change.
    texts = entered(form, [name for name in _TEXTS if name in owned])
    body: dict[str, Any] = {name: text for name, text in texts.items() if text or name != _CONTACT}
    # The null of a merge patch takes a preference back.
    preferences = entered(form, [name for name in _PREFERENCES if name in owned])
    body.update({name: text or None for name, text in preferences.items()})
    number = form.companyRegistrationId.data
    if "companyRegistrationId" in owned and (number or form.companyRegistrationIdBefore.data):
        body["b2b"] = {"companyRegistrationId": number or ""}
    if not body:
        return see_other(paths.ACCOUNT)
    if not _is_updated(visit, form, body) and not _is_updated(visit, form, body):
        raise _changed_meanwhile(form, _values(visit))
    flash(_("Your profile has been saved."))
    return see_other(paths.ACCOUNT)


def _is_updated(visit: Visit, form: ProfileForm, body: Mapping[str, Any]) -> bool:
    """Change the profile; False: other parts of it have changed meanwhile, and the form is based on that now.

    :raises ChangedMeanwhile: it was a part that the form owns
    """
    try:
        visit.perform("update_me", {**body, **version_of(form)}, media_type=MERGE_PATCH)
    except (PreconditionFailed, UpstreamRejected) as err:
        if not _is_conflict(err):
            raise
        theirs = _values(visit)
        if form.basis.data != basis_of(theirs, form.sections):
            raise _changed_meanwhile(form, theirs) from None
        form.take_version(theirs["version"])
        return False
    return True


def _changed_meanwhile(form: ProfileForm, theirs: Mapping[str, Any]) -> ChangedMeanwhile:
    form.take_version(theirs["version"])
    form.basis.data = basis_of(theirs, form.sections)
    return ChangedMeanwhile(
        _("Your profile was changed somewhere else meanwhile. Compare, then save again to keep what stands here."),
        {name: theirs[name] for name in form.owned if (theirs[name] or "") != (form[name].data or "")},
    )


def _is_conflict(err: PreconditionFailed | UpstreamRejected) -> bool:
    return isinstance(err, PreconditionFailed) or err.status == 409


def _company_values(visit: Visit) -> Mapping[str, Any]:
    tokens = visit.session.vault.customer
    return {"legalEntityId": (tokens.legal_entity_id if tokens is not None else None) or ""}


def _prepare_company(visit: Visit, form: CompanyForm) -> None:
    entities = visit.who.customer.legal_entities if visit.session.signed_in is not None else ()
    form.legalEntityId.choices = [
        ("", _("Just for myself")),
        *((entity.id, entity.name) for entity in entities),
    ]


def _switch(visit: Visit, form: CompanyForm) -> ResponseReturnValue:
    try:
        visit.perform("refresh_auth_token", {"legalEntityId": form.legalEntityId.data or None})
    except UpstreamRejected as err:
        if err.status not in (400, 403):
            raise
        raise FieldRefused("legalEntityId", _("You cannot act for this company (any more).")) from None
    now = acting_for(visit.session)
    if now is None or now.company is None:
        flash(_("You now act for yourself."))
    else:
        flash(_("You now act for %(company)s.") % {"company": now.company})
    return see_other(paths.ACCOUNT)
