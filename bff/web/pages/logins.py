"""Ways to sign in: add an e-mail and a password to an account that was made by a social sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue

from bff.errors import UpstreamRejected
from bff.web import paths
from bff.web.declared import Need
from bff.web.forms.forms import AddLoginForm
from bff.web.language import gettext as _
from bff.web.pages.flow import FieldRefused, FormPage, see_other
from bff.web.pages.visit import Visit
from bff.wiring import Services


def make_pages(blueprint: Blueprint, services: Services) -> list[FormPage]:
    """Return the page, if the shop offers it."""
    if not services.settings.features.add_login:
        return []
    return [
        FormPage(
            endpoint="logins",
            operations=("add_login",),
            not_offered="login",
            rule=paths.LOGINS,
            template="logins.html",
            form=AddLoginForm,
            need=Need.RECENT,
            values=_values,
            submit=_add,
            shows_drafts=False,
        )
    ]


def _values(visit: Visit) -> Mapping[str, Any]:
    return {"email": visit.who.customer.email}


def _add(visit: Visit, form: AddLoginForm) -> ResponseReturnValue:
    try:
        visit.perform("add_login", {"email": form.email.data, "password": form.password.data})
    except UpstreamRejected as err:
        if err.status != 409:
            raise
        raise FieldRefused("email", _("This e-mail address can't be used. Choose another one.")) from None
    flash(_("You can now sign in with your e-mail address and password too."))
    return see_other(paths.ACCOUNT)
