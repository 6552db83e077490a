"""Sign up, activate by a mailed link, have the link mailed again.

Where an address could be probed, the answer is the same whether it is known, and nothing of upstream's text is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue

from bff.config.settings import SignupField, SignupMode
from bff.errors import SessionExpired, UpstreamRejected
from bff.web import paths
from bff.web.declared import Need
from bff.web.forms.fields import PageForm
from bff.web.forms.forms import ADDRESS_PROPERTIES, EmailOnlyForm, TokenForm, signup_form
from bff.web.language import gettext as _
from bff.web.language import language_tag
from bff.web.pages.address_fields import first_country, offer_places, turns_to_another_country
from bff.web.pages.flow import FieldRefused, FormPage, nothing, see_other, to_sign_in
from bff.web.pages.mailed_links import mailed, mailed_to, mailed_token, shows_sent, was_mailed
from bff.web.pages.visit import Visit
from bff.web.rendering import render
from bff.wiring import Services


def make_pages(blueprint: Blueprint, services: Services) -> list[FormPage]:
    """Return the pages."""
    asked = services.settings.features.signup_fields
    has_address = SignupField.ADDRESS in asked
    return [
        FormPage(
            endpoint="signup",
            operations=("signup",),
            rule=paths.SIGN_UP,
            template="signup.html",
            form=signup_form(asked),
            need=Need.ANYONE,
            values=_fresh if has_address else nothing,
            prepare=offer_places if has_address else None,
            reshape=turns_to_another_country if has_address else None,
            submit=_sign_up,
            on_get=_check_mail,
        ),
        FormPage(
            endpoint="signup_optin",
            operations=("signup_optin",),
            dead_link="activation",
            rule=paths.SIGN_UP_OPTIN,
            template="activate.html",
            form=TokenForm,
            need=Need.ANYONE,
            values=mailed_token,
            context=_whose_session,
            submit=_activate,
        ),
        FormPage(
            endpoint="signup_resend",
            operations=("resend_optin",),
            rule=paths.SIGN_UP_RESEND,
            template="resend.html",
            form=EmailOnlyForm,
            need=Need.ANYONE,
            submit=_resend,
            on_get=shows_sent("resent.html"),
        ),
    ]


def _fresh(visit: Visit) -> Mapping[str, Any]:
    country = first_country(visit)
    return {"country": country, "shownCountry": country}


def _sign_up(visit: Visit, form: PageForm) -> ResponseReturnValue:
    entered = {field.name: field.data for field in form}
    wanted = _wanted(entered, language_tag(visit.services.settings.emporix.country))
    before = visit.session.signed_in
    try:
        visit.perform("signup", wanted)
    except UpstreamRejected as err:
        if err.status != 409:
            raise
        taken = _("There is an account with this address already. Sign in, or choose another address.")
        raise FieldRefused("email", taken) from None
    if visit.services.settings.emporix.signup is not SignupMode.IMMEDIATE:
        return mailed(visit, entered["email"])
    who = visit.session.signed_in
    if who is None or (before is not None and who.customer.id == before.customer.id):
        # The account is there; only the sign-in that should have followed went wrong.
        return to_sign_in(notice="activated")
    flash(_("Welcome! Your account is ready."))
    return see_other(paths.ACCOUNT)


def _check_mail(visit: Visit) -> ResponseReturnValue | None:
    if not was_mailed(visit):
        return None
    mode = visit.services.settings.emporix.signup
    return render("check_mail.html", email=mailed_to(visit), waits_for_approval=mode is SignupMode.APPROVAL)


def _wanted(entered: Mapping[str, Any], language: str) -> dict[str, Any]:
    email, password = entered["email"], entered["password"]
    details: dict[str, Any] = {
        "firstName": entered["firstName"],
        "lastName": entered["lastName"],
        "contactEmail": email,
        # Else the account is in the language that Emporix takes for granted.
        "preferredLanguage": language,
    }
    for name, text in (("contactPhone", entered.get("phone")), ("company", entered.get("company"))):
        if text:
            details[name] = text
    if number := entered.get("companyRegistrationId"):
        details["b2b"] = {"companyRegistrationId": number}
    wanted: dict[str, Any] = {"email": email, "password": password, "customerDetails": details}
    if other := entered.get("signInEmail"):
        wanted["signup"] = {"email": other, "password": password}
    if entered.get("contactName"):
        address = {name: entered[name] for name in ADDRESS_PROPERTIES if entered[name]}
        wanted["customerAddress"] = {**address, "tags": ["BILLING", "SHIPPING"]}
    return wanted


def _whose_session(visit: Visit) -> Mapping[str, Any]:
    # Read for the page to say whose session another one would take the place of.
    return {"signed_in": visit.session.signed_in}


def _activate(visit: Visit, form: TokenForm) -> ResponseReturnValue:
    try:
        visit.perform("signup_optin", values={"token": form.token.data or ""})
    except SessionExpired:
        # An ending came in between: the account is active, and the link is spent.
        return to_sign_in(notice="activated")
    flash(_("Your account is active."))
    return see_other(paths.ACCOUNT)


def _resend(visit: Visit, form: EmailOnlyForm) -> ResponseReturnValue:
    visit.perform("resend_optin", {"email": form.email.data})
    return mailed(visit, form.email.data)
