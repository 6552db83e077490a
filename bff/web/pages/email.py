"""Change the sign-in e-mail, and confirm the new one by its mailed link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue

from bff.emails import comparable
from bff.web import paths
from bff.web.declared import Need
from bff.web.forms.forms import EmailForm, TokenForm
from bff.web.language import gettext as _
from bff.web.pages.flow import FieldRefused, FormPage, see_other, to_sign_in
from bff.web.pages.mailed_links import mailed_token
from bff.web.pages.visit import Visit
from bff.wiring import Services


def make_pages(blueprint: Blueprint, services: Services) -> list[FormPage]:
    """Return the pages."""
    return [
        FormPage(
            endpoint="email",
            operations=("change_email",),
            rule=paths.EMAIL,
            template="email.html",
            form=EmailForm,
            context=_context,
            submit=_ask,
            blames="password",
        ),
        FormPage(
            endpoint="email_confirm",
            operations=("confirm_email",),
            dead_link="email",
            rule=paths.EMAIL_CONFIRM,
            template="email_confirm.html",
            form=TokenForm,
            need=Need.ANYONE,
            values=mailed_token,
            submit=_confirm,
        ),
    ]


def _context(visit: Visit) -> Mapping[str, Any]:
    return {"email": visit.who.customer.email}


def _ask(visit: Visit, form: EmailForm) -> ResponseReturnValue:
    current, wanted = visit.who.customer.email or "", form.newEmail.data or ""
    if comparable(current) == comparable(wanted):
        raise FieldRefused("newEmail", _("This is your e-mail address already"))
    visit.perform(
        "change_email",
        {
            "email": current,
            "password": form.password.data,
            "newEmail": wanted,
            "syncContactEmail": bool(form.syncContactEmail.data),
        },
    )
    flash(_("We have sent a link to %(email)s. Your old address works until you confirm.") % {"email": wanted})
    return see_other(paths.ACCOUNT)


def _confirm(visit: Visit, form: TokenForm) -> ResponseReturnValue:
    visit.perform("confirm_email", {"token": form.token.data or ""})
    if visit.session.signed_in is None:
        return to_sign_in(notice="email-confirmed")
    flash(_("Your new e-mail address is confirmed. Sign in with it from now on."))
    return see_other(paths.ACCOUNT)
