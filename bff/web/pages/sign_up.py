"""Sign up, activate by a mailed link, have the link mailed again.

Where an address could be probed, the answer is the same whether it is known, and nothing of upstream's text is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue

from bff.config.settings import SignupMode
from bff.errors import SessionExpired, UpstreamRejected
from bff.web import paths
from bff.web.declared import Need
from bff.web.forms.forms import ADDRESS_PROPERTIES, EmailOnlyForm, SignupForm, TokenForm
from bff.web.language import gettext as _
from bff.web.language import language
from bff.web.pages.address_fields import first_country, offer_places, turns_to_another_country
from bff.web.pages.flow import FieldRefused, FormPage, see_other, to_sign_in
from bff.web.pages.mailed_links import mailed, mailed_to, mailed_token, shows_sent, was_mailed
from bff.web.pages.visit import Visit
from bff.web.rendering import render
from bff.wiring import Services


def make_pages(blueprint: Blueprint, services: Services) -> list[FormPage]:
    """Return the pages."""
    return [
        FormPage(
            endpoint="signup",
            operations=("signup",),
            rule=paths.SIGN_UP,
            template="signup.html",
            form=SignupForm,
            need=Need.ANYONE,
            values=_fresh,
            prepare=offer_places,
            reshape=turns_to_another_country,
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


def _sign_up(visit: Visit, form: SignupForm) -> ResponseReturnValue:
    wanted = _wanted(form)
    before = visit.session.signed_in
    try:
        visit.perform("signup", wanted)
    except UpstreamRejected as err:
        if err.status != 409:
            raise
        taken = _("There is an account with this address already. Sign in, or choose another address.")
        raise FieldRefused("email", taken) from None
    if visit.services.settings.emporix.signup is not SignupMode.IMMEDIATE:
        return mailed(visit, form.email.data)
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


def _wanted(form: SignupForm) -> dict[str, Any]:
    details: dict[str, Any] = {
        "firstName": form.firstName.data,
        "lastName": form.lastName.data,
        "contactEmail": form.email.data,
        # Else the account is in the language that Emporix takes for granted.
        "preferredLanguage": language(),
    }
    for name, field in (("contactPhone", form.phone), ("company", form.company)):
        if field.data:
            details[name] = field.data
    if form.companyRegistrationId.data:
        details["b2b"] = {"companyRegistrationId": form.companyRegistrationId.data}
    wanted: dict[str, Any] = {"email": form.email.data, "password": form.password.data, "customerDetails": details}
    if form.signInEmail.data:
        wanted["signup"] = {"email": form.signInEmail.data, "password": form.password.data}
    if form.contactName.data:
        address = {name: form[name].data for name in ADDRESS_PROPERTIES if form[name].data}
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
