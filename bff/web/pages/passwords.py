"""Forgotten and changed passwords."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from bff.errors import SessionStoreUnavailable
from bff.web import paths
from bff.web.declared import Declared, Need, declare
from bff.web.errors import fault_of
from bff.web.forms.forms import EmailOnlyForm, PasswordForm, ResetForm
from bff.web.language import gettext as _
from bff.web.pages.flow import FormPage, see_other, to_sign_in
from bff.web.pages.mailed_links import mailed, mailed_token, shows_sent
from bff.web.pages.sign_out import signed_out_on
from bff.web.pages.visit import Visit
from bff.web.rendering import render
from bff.wiring import Services


def make_pages(blueprint: Blueprint, services: Services) -> list[FormPage]:
    """Add the pages without a form; return the others."""

    @blueprint.get(paths.CHANGE_PASSWORD)
    def well_known_change_password() -> ResponseReturnValue:
        return see_other(paths.PASSWORD)

    declare(blueprint, well_known_change_password.__name__, Declared(need=Need.ANYONE))

    return [
        FormPage(
            endpoint="password_forgot",
            operations=("request_password_reset",),
            rule=paths.PASSWORD_FORGOT,
            template="forgot.html",
            form=EmailOnlyForm,
            need=Need.ANYONE,
            values=_known_email,
            submit=_ask,
            on_get=shows_sent("reset_mailed.html"),
        ),
        FormPage(
            endpoint="password_reset",
            operations=("reset_password",),
            dead_link="reset",
            rule=paths.PASSWORD_RESET,
            template="reset.html",
            form=ResetForm,
            need=Need.ANYONE,
            values=mailed_token,
            submit=_reset,
            on_get=_without_token,
        ),
        FormPage(
            endpoint="password",
            operations=("change_password",),
            rule=paths.PASSWORD,
            template="password.html",
            form=PasswordForm,
            context=_context,
            submit=_change,
            blames="currentPassword",
            shows_drafts=False,
        ),
    ]


def _known_email(visit: Visit) -> Mapping[str, Any]:
    who = visit.session.signed_in
    return {"email": who.customer.email if who is not None else None}


def _without_token(visit: Visit) -> ResponseReturnValue | None:
    return None if request.args.get("token") else see_other(paths.PASSWORD_FORGOT)


def _ask(visit: Visit, form: EmailOnlyForm) -> ResponseReturnValue:
    visit.perform("request_password_reset", {"email": form.email.data})
    return mailed(visit, form.email.data)


def _reset(visit: Visit, form: ResetForm) -> ResponseReturnValue:
    visit.perform("reset_password", {"token": form.token.data or "", "password": form.password.data})
    return to_sign_in(notice="password-reset")


def _context(visit: Visit) -> Mapping[str, Any]:
    return {"initial": request.args.get("initial") == "1", "email": visit.who.customer.email}


def _change(visit: Visit, form: PasswordForm) -> ResponseReturnValue:
    body = {"currentPassword": form.currentPassword.data, "newPassword": form.newPassword.data}
    incomplete = visit.perform("change_password", body).incomplete
    count = 0
    try:
        if isinstance(incomplete, SessionStoreUnavailable):
            raise incomplete
        if incomplete is not None:
            # The session has ended in between; the password is the new one all the same.
            return to_sign_in(notice="password-reset")
        if form.endOthers.data:
            count = visit.services.devices.end_others(visit.session)
    except SessionStoreUnavailable as err:
        return _changed_but_not_ended(err, asked=bool(form.endOthers.data))
    flash(" ".join([_("Your password has been changed."), *([signed_out_on(count)] if count else [])]))
    return see_other(paths.ACCOUNT)


def _changed_but_not_ended(err: SessionStoreUnavailable, *, asked: bool) -> ResponseReturnValue:
    # Not the form again: sent once more, it would say that the old password is not the current one. And no banner
    # on the next page: it would have to be kept where nothing can be kept just now.
    fault = fault_of(err)
    response = render("password_changed.html", status=fault.status, asked=asked)
    response.headers["Retry-After"] = str(fault.retry_after_seconds)
    return response
