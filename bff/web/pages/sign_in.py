"""Sign in, prove it once more, sign out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from bff.errors import SessionExpired, UpstreamRejected
from bff.sessions.ended import Ended
from bff.web import paths
from bff.web.declared import Need
from bff.web.forms.forms import ConfirmForm, LoginForm
from bff.web.language import gettext as _
from bff.web.pages.blank import shown_to_customers
from bff.web.pages.flow import FormPage, see_other
from bff.web.pages.sealed import open_proceed
from bff.web.pages.sign_out import sign_out
from bff.web.pages.visit import Visit
from bff.web.rendering import render
from bff.web.return_path import safe_return_path
from bff.wiring import Services

_SESSION_ENDED: Final = "session-ended"
_DONE: Final = frozenset({"password-reset", "email-confirmed", "account-deleted", "activated"})
"""Notices that tell of what the visitor has just achieved."""


def notices() -> dict[str, str]:
    """Return what the sign-in page may say, by the fixed word in its URL; no other word says anything."""
    return {
        _SESSION_ENDED: _("You've been signed out. Sign in to continue."),
        "signed-out": _("You have signed out."),
        "password-reset": _("Your new password is set. Sign in with it."),
        "email-confirmed": _("Your new e-mail address is confirmed. Sign in with it."),
        "account-deleted": _("Your account has been deleted."),
        "activated": _("Your account is active. You can sign in now."),
        "social-stale": _("That sign-in has expired. Try again."),
        "social-refused": _("You didn't finish signing in there. Try again, or use your e-mail address and password."),
        "social-failed": _("We couldn't sign you in that way. Try again, or use your e-mail address and password."),
        "social-other": _(
            "Somebody else signed in there. You're still signed in here: try again with your own account."
        ),
        "social-unavailable": _("That way to sign in isn't available right now. Use your e-mail address and password."),
    }


def why_it_ended() -> dict[Ended, str]:
    """Return what the sign-in page adds for a customer whose session is over."""
    return {
        Ended.IDLE: _("This happens when you've been away for a while."),
        Ended.LIFETIME: _("This happens when you've been signed in for a long time."),
        Ended.ELSEWHERE: _("You were signed out from another device, by the shop, or to protect your account."),
    }


def make_pages(blueprint: Blueprint, services: Services) -> list[FormPage]:
    """Return the pages."""
    return [
        FormPage(
            endpoint="login",
            operations=("login",),
            rule=paths.SIGN_IN,
            template="login.html",
            form=LoginForm,
            need=Need.ANYONE,
            values=_values,
            context=_context,
            same_for_strangers=True,
            submit=_sign_in,
            on_get=_already,
        ),
        FormPage(
            endpoint="logout",
            operations=("logout",),
            rule=paths.SIGN_OUT,
            template="logout.html",
            form=ConfirmForm,
            need=Need.ANYONE,
            submit=_sign_out,
        ),
    ]


def _return_path(visit: Visit, wanted: str | None, default: str) -> str:
    return safe_return_path(wanted, default, added=visit.services.settings.serving.return_paths)


def _is_reauthentication(visit: Visit) -> bool:
    return request.args.get("again") == "1" and visit.session.signed_in is not None


def _already(visit: Visit) -> ResponseReturnValue | None:
    if visit.session.signed_in is None or _is_reauthentication(visit):
        return None
    onward = _return_path(visit, request.args.get("next"), paths.ACCOUNT)
    return shown_to_customers(visit, "signed_in", lambda who: render("signed_in.html", who=who, onward=onward))


def _values(visit: Visit) -> Mapping[str, Any]:
    email = visit.who.customer.email if _is_reauthentication(visit) else None
    return {"email": email, "next": _return_path(visit, request.args.get("next"), "")}


def _context(visit: Visit) -> Mapping[str, Any]:
    again = _is_reauthentication(visit)
    return {"again": again, "notice": _notice(visit), "is_done": request.args.get("notice") in _DONE}


def _notice(visit: Visit) -> str | None:
    word, ended = request.args.get("notice", ""), visit.session.ended
    if not word and ended is None:
        return None
    told = notices().get(word)
    if ended is None or (told is not None and word != _SESSION_ENDED):
        return told
    return f"{notices()[_SESSION_ENDED]} {why_it_ended()[ended]}"


def _sign_in(visit: Visit, form: LoginForm) -> ResponseReturnValue:
    email = form.email.data or ""
    try:
        visit.perform("login", {"email": email, "password": form.password.data})
    except SessionExpired:
        # An ending came between the button and here; what was typed is still good to sign in with.
        shown = {**_context(visit), "notice": notices()["session-ended"]}
        return render("login.html", status=422, form=form, alert=None, restored=False, **shown)
    except UpstreamRejected as err:
        # The password was right, or upstream would have said so; the account is not (or no longer) in use.
        if err.status != 403:
            raise
        return render("inactive.html", status=422, email=email)
    who = visit.who
    if proceed := open_proceed(visit, form.proceed.data):
        return see_other(proceed)
    if who.initial_password:
        return see_other(f"{paths.PASSWORD}?initial=1")
    return see_other(_return_path(visit, form.next.data, paths.ACCOUNT))


def _sign_out(visit: Visit, form: ConfirmForm) -> ResponseReturnValue:
    return sign_out(visit)
