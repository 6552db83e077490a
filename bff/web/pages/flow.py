"""The flow that every form page shares, so that a page of its own says only what is special about it.

GET shows the form. POST checks it, does one thing, and answers 303; what is wrong comes back as 422 with everything
that was typed but passwords. Nothing typed is lost: where the session has ended it waits as a draft behind the sign-in,
where Redis or Emporix is away it stands in the answered page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue

from bff.errors import (
    BffError,
    CsrfFailed,
    FeatureDisabled,
    InvalidCredentials,
    InvalidInput,
    LoginRequired,
    ReauthenticationRequired,
    SessionExpired,
    SessionStoreUnavailable,
    TooManyAttempts,
    UpstreamError,
    UpstreamRejected,
)
from bff.sessions.store import SessionEnded
from bff.web import paths
from bff.web.declared import Declared, Need, declare
from bff.web.errors import fault_of, fault_page
from bff.web.forms.fields import PageForm
from bff.web.language import gettext as _
from bff.web.middleware.second_click import check_not_at_work
from bff.web.pages.blank import shown_to_strangers
from bff.web.pages.drafts import keep_draft, take_draft
from bff.web.pages.faults import why_not_now
from bff.web.pages.visit import Visit, is_owner, owner_mark
from bff.web.rendering import render
from bff.web.return_path import path_to_come_back_to
from bff.web.session_interface import browser_session
from bff.wiring import Services

_REFUSED_INPUT = frozenset({400, 409, 422})
_URL_CHARACTERS = "%:/?#[]@!$&'()*+,;="
"""RFC 3986 2.2, and what is quoted already; beside letters, digits, `-`, `.`, `_` and `~`. A line break is not."""


class FieldRefused(Exception):
    """What a page cannot accept, and beside which field to say so; raised by `submit`, shown by the flow."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field)
        self.field = field
        self.message = message
        """In the visitor's language."""


class ChangedMeanwhile(Exception):
    """Another request changed the record since the page showed it; the flow shows the form with both versions."""

    def __init__(self, alert: str, theirs: Mapping[str, Any]) -> None:
        super().__init__("changed meanwhile")
        self.alert = alert
        """In the visitor's language."""
        self.theirs = theirs
        """The record's own values, by field, where they differ from what was typed."""


def nothing(visit: Visit) -> Mapping[str, Any]:
    """Give a page nothing to start from."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage:
    """What is special about one page."""

    endpoint: str
    rule: str
    template: str
    form: type[PageForm]
    submit: Callable[[Visit, Any], ResponseReturnValue]
    """Does what the form asks for; answers 303. Raises what it cannot do."""
    need: Need = Need.SIGNED_IN
    reads: tuple[str, ...] = ()
    """Operations that showing the page may call."""
    operations: tuple[str, ...] = ()
    """Operations that sending its form may call."""
    values: Callable[[Visit], Mapping[str, Any]] = nothing
    """What the fields hold at first; may ask upstream."""
    context: Callable[[Visit], Mapping[str, Any]] = nothing
    """What the template shows besides; asks the session alone, since it is shown while Emporix is away, too."""
    prepare: Callable[[Visit, Any], None] | None = None
    """Fills in choices."""
    reshape: Callable[[Any], bool] | None = None
    """Tells whether the form was sent only to be shown in another shape, and gives it that."""
    blames: str | None = None
    """The field beside which a wrong password is shown; None: the sign-in's own."""
    on_get: Callable[[Visit], ResponseReturnValue | None] | None = None
    """May answer instead of the form."""
    same_for_strangers: bool = False
    """Without a query it shows the same to all of whom nothing is known, until settings change."""
    shows_drafts: bool = True
    dead_link: str | None = None
    """The page stands behind a mailed link; the word by which its template says that the link is dead."""
    not_offered: str | None = None
    """The word by which a template says that the tenant does not offer what the page asks for."""


def register_page(blueprint: Blueprint, services: Services, page: FormPage) -> None:
    """Add a page's two routes."""

    def show(**path_values: str) -> ResponseReturnValue:
        return _shown(_visit(services, path_values, page.reads), page)

    def send(**path_values: str) -> ResponseReturnValue:
        return _sent(_visit(services, path_values, page.operations), page)

    blueprint.add_url_rule(page.rule, endpoint=page.endpoint, view_func=show, methods=["GET"])
    blueprint.add_url_rule(page.rule, endpoint=f"{page.endpoint}_post", view_func=send, methods=["POST"])
    declare(blueprint, page.endpoint, Declared(need=page.need, operations=page.reads))
    sent = Declared(need=page.need, operations=page.operations, mailed=page.dead_link is not None)
    declare(blueprint, f"{page.endpoint}_post", sent)


def register_view(
    blueprint: Blueprint,
    services: Services,
    rule: str,
    endpoint: str,
    view: Callable[[Visit], ResponseReturnValue],
    reads: tuple[str, ...] = (),
) -> None:
    """Add a page that is only read, and only by a customer who is signed in; `reads`: the operations it calls."""

    def show(**path_values: str) -> ResponseReturnValue:
        visit = _visit(services, path_values, reads)
        try:
            if visit.session.signed_in is None:
                return to_sign_in(path_to_come_back_to(), notice="session-ended" if visit.session.just_ended else None)
            return view(visit)
        except ReauthenticationRequired:
            return to_sign_in(path_to_come_back_to(), reauthentication=True)
        except (LoginRequired, SessionExpired):
            return to_sign_in(path_to_come_back_to(), notice="session-ended")

    blueprint.add_url_rule(rule, endpoint=endpoint, view_func=show, methods=["GET"])
    declare(blueprint, endpoint, Declared(need=Need.SIGNED_IN, operations=reads))


def answer_csrf_failure(services: Services, pages: Mapping[str, FormPage], error: CsrfFailed) -> ResponseReturnValue:
    """Say what to do; where the request came from our own page, with the form as it was typed, else without it."""
    page = pages.get((request.endpoint or "").removesuffix("_post"))
    if page is None or not error.origin_is_ours:
        return fault_page(fault_of(error), status=403)
    visit = _visit(services, request.view_args or {}, ())
    form = page.form()
    if _belongs_to_another(visit, form):
        return fault_page(fault_of(error), status=403)
    return _again(visit, page, form, status=403, alert=_why_not_accepted(visit, page))


def _why_not_accepted(visit: Visit, page: FormPage) -> str:
    if visit.browser.session.cookie is None:
        if page.need is Need.ANYONE:
            return _("Your browser sent no cookie. Allow cookies for this site, open the page anew and enter it again.")
        # Most often the browser was closed in between: the session's cookie went with it, and the tab came back.
        return _("Your browser sent no cookie. Sign in again in another tab, then send this once more.")
    if page.need is not Need.ANYONE and _is_signed_out(visit):
        return _("You've been signed out. Sign in again in another tab, then send this once more.")
    return _("This page had been open for too long. Check your entries and send them again.")


def _is_signed_out(visit: Visit) -> bool:
    try:
        return visit.session.signed_in is None
    except (SessionStoreUnavailable, TooManyAttempts):
        # Not known; then the other reason is the likelier one.
        return False


def _belongs_to_another(visit: Visit, form: PageForm) -> bool:
    """Tell whether a form was made for another customer than the one who is signed in by now."""
    try:
        who = visit.session.signed_in
    except (SessionStoreUnavailable, TooManyAttempts):
        return False
    return who is not None and bool(form.owner.data) and not is_owner(visit.services, form.owner.data or "", who)


def to_sign_in(path: str | None = None, *, notice: str | None = None, reauthentication: bool = False) -> Response:
    """Send the browser to the sign-in page, and from there back to `path`, or to where a sign-in leads without one.

    `notice` is one of the fixed words that the page has a sentence for.
    """
    query = {"next": path, "again": "1" if reauthentication else None, "notice": notice}
    told = {name: value for name, value in query.items() if value is not None}
    return see_other(f"{paths.SIGN_IN}?{urlencode(told, safe='/')}")


def see_other(path: str) -> Response:
    """Answer 303: what was sent is done, and is not sent again by a reload; `path` may be a request's, decoded."""
    return Response(status=303, headers={"Location": quote(path, safe=_URL_CHARACTERS)})


def _visit(services: Services, path_values: Mapping[str, str], operations: tuple[str, ...]) -> Visit:
    return Visit(services=services, browser=browser_session(), path_values=path_values, operations=operations)


def _shown(visit: Visit, page: FormPage) -> ResponseReturnValue:
    try:
        if away := _sent_away(visit, page):
            return away
        visit.look_at_session()
        if page.on_get is not None and (instead := page.on_get(visit)) is not None:
            return instead
        if page.same_for_strangers:
            return shown_to_strangers(visit, page.endpoint, lambda: _made(visit, page))
        return _made(visit, page)
    except (LoginRequired, SessionExpired):
        return to_sign_in(path_to_come_back_to(), notice="session-ended")


def _made(visit: Visit, page: FormPage) -> Response:
    values = dict(page.values(visit))
    draft = take_draft(visit, request.path) if _shows_drafts(page) and request.method == "GET" else None
    form = page.form(formdata=None, data={**values, **(draft or {})})
    form.owner.data = owner_mark(visit.services)
    if page.prepare is not None:
        page.prepare(visit, form)
    return render(page.template, form=form, alert=None, restored=draft is not None, **page.context(visit))


def _sent(visit: Visit, page: FormPage) -> ResponseReturnValue:
    form = page.form()
    try:
        check_not_at_work()
        if page.need is not Need.ANYONE and visit.session.signed_in is None:
            return _draft_behind_sign_in(visit, page, form)
        if _belongs_to_another(visit, form):
            # Saved, it would put one customer's entries into another's account.
            flash(_("This page had been open for too long. Check your entries and send them again."), "warning")
            return see_other(request.path)
        if page.need is Need.RECENT and not visit.is_recently_authenticated():
            return _draft_behind_sign_in(visit, page, form, reauthentication=True)
        if page.reshape is not None and page.reshape(form):
            return _again(visit, page, form, status=200)
        if not form.validate():
            return _again(visit, page, form, status=422)
        return page.submit(visit, form)
    except ReauthenticationRequired:
        return _draft_behind_sign_in(visit, page, form, reauthentication=True)
    except (LoginRequired, SessionExpired, SessionEnded):
        return _draft_behind_sign_in(visit, page, form)
    except InvalidCredentials:
        field = form[page.blames or "password"]
        field.errors = [*field.errors, _wrong_password(page)]
        return _again(visit, page, form, status=422)
    except FieldRefused as err:
        form[err.field].errors = [*form[err.field].errors, err.message]
        return _again(visit, page, form, status=422)
    except ChangedMeanwhile as err:
        return _again(visit, page, form, status=422, alert=err.alert, theirs=err.theirs)
    except FeatureDisabled:
        if page.not_offered is None:
            raise
        return render("not_offered.html", status=422, kind=page.not_offered)
    except (UpstreamRejected, InvalidInput) as err:
        if page.dead_link is not None and _is_about_the_link(err):
            return render("dead_link.html", status=422, kind=page.dead_link)
        return _refused(visit, page, form, err)
    except (SessionStoreUnavailable, TooManyAttempts, UpstreamError) as err:
        fault = fault_of(err)
        response = _again(visit, page, form, status=fault.status, alert=why_not_now(fault))
        if fault.retry_after_seconds is not None:
            response.headers["Retry-After"] = str(fault.retry_after_seconds)
        return response


def _is_about_the_link(err: UpstreamRejected | InvalidInput) -> bool:
    return any(one.field == "token" for one in err.details) if isinstance(err, InvalidInput) else err.is_dead_link


def _wrong_password(page: FormPage) -> str:
    if page.blames is None:
        return _("Wrong e-mail address or password")
    return _("This isn't your current password")


def _sent_away(visit: Visit, page: FormPage) -> Response | None:
    if page.need is Need.ANYONE:
        return None
    if visit.session.signed_in is None:
        return to_sign_in(path_to_come_back_to(), notice="session-ended" if visit.session.just_ended else None)
    if page.need is Need.RECENT and not visit.is_recently_authenticated():
        return to_sign_in(path_to_come_back_to(), reauthentication=True)
    return None


def _shows_drafts(page: FormPage) -> bool:
    return page.shows_drafts and page.need is not Need.ANYONE


def _draft_behind_sign_in(visit: Visit, page: FormPage, form: PageForm, *, reauthentication: bool = False) -> Response:
    if _shows_drafts(page) and not keep_draft(visit, request.path, form):
        return _again(visit, page, form, status=422, alert=_why_not_accepted(visit, page))
    notice = None if reauthentication else "session-ended"
    return to_sign_in(request.path, notice=notice, reauthentication=reauthentication)


def _refused(visit: Visit, page: FormPage, form: PageForm, err: UpstreamRejected | InvalidInput) -> ResponseReturnValue:
    fault = fault_of(err)
    if fault.status not in _REFUSED_INPUT:
        raise err
    rest = [detail for detail in fault.details if not _beside_field(page, form, detail.field)]
    alert = None
    if rest or not fault.details:
        alert = _("This was not accepted. Check your entries.")
    return _again(visit, page, form, status=422, alert=alert)


def _beside_field(page: FormPage, form: PageForm, path: str | None) -> bool:
    # Upstream's words are English and may tell of other customers; what they are about is enough.
    name = (path or "").rpartition(".")[2]
    if name not in form:
        return False
    message = _wrong_password(page) if name == page.blames else _("This was not accepted. Check it.")
    form[name].errors = [*form[name].errors, message]
    return True


def _again(
    visit: Visit, page: FormPage, form: PageForm, *, status: int, alert: str | None = None, **context: Any
) -> Response:
    if page.prepare is not None:
        # Choices that come from the session cannot be had while it cannot be read.
        with suppress(BffError):
            page.prepare(visit, form)
    shown = {**_context(visit, page), **context}
    return render(page.template, status=status, form=form, alert=alert, restored=False, **shown)


def _context(visit: Visit, page: FormPage) -> Mapping[str, Any]:
    try:
        return page.context(visit)
    except BffError:
        # The session cannot be asked just now; the form itself is what counts.
        return {}
