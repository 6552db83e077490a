"""Ask for the account's deletion, and confirm it by the mailed link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from bff.errors import LoginRequired, ReauthenticationRequired, SessionExpired
from bff.web import paths
from bff.web.declared import Need
from bff.web.forms.forms import DeletionForm, LoginForm, TokenForm
from bff.web.language import gettext as _
from bff.web.pages.flow import FormPage, to_sign_in
from bff.web.pages.mailed_links import dead_link, mailed, mailed_token, shows_sent
from bff.web.pages.sealed import seal_proceed
from bff.web.pages.visit import Visit, owner_mark
from bff.web.rendering import render
from bff.wiring import Services


def make_pages(blueprint: Blueprint, services: Services) -> list[FormPage]:
    """Return the pages, if the shop offers deletion."""
    if not services.settings.features.account_deletion:
        return []
    return [
        FormPage(
            endpoint="deletion",
            operations=("delete_me",),
            not_offered="deletion",
            rule=paths.DELETION,
            template="delete.html",
            form=DeletionForm,
            need=Need.RECENT,
            submit=_ask,
            on_get=shows_sent("delete_mailed.html"),
            shows_drafts=False,
        ),
        FormPage(
            endpoint="deletion_confirm",
            operations=("delete_me",),
            dead_link="deletion",
            not_offered="deletion",
            rule=paths.DELETION_CONFIRM,
            template="delete_confirm.html",
            form=TokenForm,
            need=Need.ANYONE,
            values=mailed_token,
            context=_context,
            submit=_confirm,
            on_get=_sign_in_first,
        ),
    ]


def _ask(visit: Visit, form: DeletionForm) -> ResponseReturnValue:
    visit.perform("delete_me")
    return mailed(visit, visit.who.customer.email)


def _context(visit: Visit) -> Mapping[str, Any]:
    return {"email": visit.who.customer.email if visit.session.signed_in is not None else None}


def _sign_in_first(visit: Visit) -> ResponseReturnValue | None:
    token = request.args.get("token", "")
    if not token:
        return dead_link("deletion")
    return None if visit.is_recently_authenticated() else _sign_in_form(visit, token, status=200)


def _sign_in_form(visit: Visit, token: str, *, status: int) -> ResponseReturnValue:
    who = visit.session.signed_in
    email = None if who is None else who.customer.email
    form = LoginForm(formdata=None, data={"email": email, "proceed": seal_proceed(visit, token)})
    form.owner.data = owner_mark(visit.services)
    notice = _("Sign in to the account you want to delete.")
    if who is not None and who.social is not None:
        notice = _(
            "Sign in again to continue. "
            "If you do that without a password, open the link in the e-mail again afterwards."
        )
    return render("login.html", status=status, form=form, alert=None, again=who is not None, notice=notice)


def _confirm(visit: Visit, form: TokenForm) -> ResponseReturnValue:
    token = form.token.data or ""
    try:
        visit.perform("delete_me", values={"token": token})
    except (LoginRequired, SessionExpired, ReauthenticationRequired):
        return _sign_in_form(visit, token, status=422)
    response = to_sign_in(notice="account-deleted")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
