"""Change the sign-in e-mail, confirm the new one by its mailed link, and wait for that in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue

from bff.emails import comparable
from bff.web import paths
from bff.web.declared import Need
from bff.web.forms.forms import ConfirmForm, EmailForm, TokenForm
from bff.web.language import gettext as _
from bff.web.pages.flow import FieldRefused, FormPage, see_other, to_sign_in
from bff.web.pages.mailed_links import mailed_token
from bff.web.pages.pending_email import PendingEmail, forget, pending_address, pending_email, remember
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
            values=_values,
            context=_context,
            submit=_ask,
            blames="password",
        ),
        FormPage(
            endpoint="email_hide",
            rule=paths.EMAIL_HIDE,
            template="email_hide.html",
            form=ConfirmForm,
            submit=_hide,
            shows_drafts=False,
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


def _values(visit: Visit) -> Mapping[str, Any]:
    pending = pending_email(visit)
    return {} if pending is None else {"newEmail": pending.address, "syncContactEmail": pending.with_contact}


def _context(visit: Visit) -> Mapping[str, Any]:
    return {"email": visit.who.customer.email, "pending": pending_address(visit)}


def _ask(visit: Visit, form: EmailForm) -> ResponseReturnValue:
    current, wanted = visit.who.customer.email or "", form.newEmail.data or ""
    if comparable(current) == comparable(wanted):
        raise FieldRefused("newEmail", _("This is already your e-mail address"))
    visit.perform(
        "change_email",
        {
            "email": current,
            "password": form.password.data,
            "newEmail": wanted,
            "syncContactEmail": bool(form.syncContactEmail.data),
        },
    )
    remember(visit, PendingEmail(address=wanted, with_contact=bool(form.syncContactEmail.data)))
    flash(_("We've sent a link to %(email)s. Your old address works until you confirm.") % {"email": wanted})
    return see_other(paths.ACCOUNT)


def _hide(visit: Visit, form: ConfirmForm) -> ResponseReturnValue:
    forget(visit)
    return see_other(paths.ACCOUNT)


def _confirm(visit: Visit, form: TokenForm) -> ResponseReturnValue:
    visit.perform("confirm_email", {"token": form.token.data or ""})
    if visit.session.signed_in is None:
        return to_sign_in(notice="email-confirmed")
    forget(visit)
    flash(_("Your new e-mail address is confirmed. Sign in with it from now on."))
    return see_other(paths.ACCOUNT)
