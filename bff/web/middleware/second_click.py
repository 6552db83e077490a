"""A form that is sent twice, by an impatient click or a reload: the second sending gets what the first one got.

Every POST of a page carries a key, made anew whenever its form is shown. Who comes second with all the same (cookie,
key, path, owner, body) waits for the first, and nothing is done twice. Where Redis is away, or a page of a theme has no
key, a form works as if this were not there.
"""

from __future__ import annotations

from dataclasses import replace

from flask import Request, Response, flash, g, request

from bff.errors import SessionStoreUnavailable, UpstreamTimeout
from bff.events import Event
from bff.sessions.answers import Claim, KeptAnswer, Spent, StillAtWork, Submission
from bff.sessions.audit_fields import audit_subject
from bff.sessions.session import SessionState
from bff.web.at_hand import noted
from bff.web.paths import BACKCHANNEL_LOGOUT, HOME, LANGUAGE, is_api
from bff.web.session_interface import Banners, BrowserSession, browser_session
from bff.wiring import Services

FORM_KEY = "formKey"
"""The hidden field."""
_KEPT_HEADERS = ("Retry-After", "Clear-Site-Data")
_TOO_MANY = 429


def is_page_post(request: Request) -> bool:
    """Tell whether the request sends a form of a page."""
    return request.method == "POST" and not is_api(request.path) and request.path != BACKCHANNEL_LOGOUT


def answer_late_click(services: Services) -> Response | None:
    """Answer a form whose CSRF token is the one before last, if this browser got its new cookie as the form's answer.

    In its place the form's own key tells that the page is ours. Nothing is done for it, and no cookie is given.

    :raises SessionStoreUnavailable: Redis has failed in the middle of it
    :raises TooManyAttempts: the limit of requests per session is used up
    """
    submission = _submission()
    if submission is None:
        return None
    try:
        kept = services.answers.moved(submission)
    except SessionStoreUnavailable as err:
        services.log.emit(Event.STORE_UNAVAILABLE, reason=str(err))
        return None
    return None if kept is None else _repeated(services, kept)


def answer_second_click(services: Services) -> Response | None:
    """Answer a form that has been sent before; None: it is the first time, and `keep_answer` is owed.

    To be called only once the CSRF token has been found right: who is not our page stores nothing.

    :raises SessionStoreUnavailable: Redis has failed in the middle of it
    :raises TooManyAttempts: the limit of requests per session is used up
    """
    submission = _submission()
    if submission is None:
        return None
    try:
        begun = services.answers.begin(submission)
    except SessionStoreUnavailable as err:
        services.log.emit(Event.STORE_UNAVAILABLE, reason=str(err))
        return None
    except StillAtWork:
        g.still_at_work = True
        return None
    except Spent:
        # It is done: to do it once more would be worse than to leave it to the page what to show.
        shown = HOME if request.path == LANGUAGE else request.path
        return Response(status=303, headers={"Location": shown})
    if isinstance(begun, Claim):
        g.claim = begun
        return None
    return _repeated(services, begun)


def check_not_at_work() -> None:
    """Refuse to do once more what another request is doing.

    :raises UpstreamTimeout: the first sending of this form has not been answered for too long
    """
    if g.get("still_at_work", False):
        raise UpstreamTimeout("second click", "the first one has not been answered")


def note_asked() -> None:
    """Note that something is asked of upstream: the answer must then not be had by asking again."""
    g.asked = True


def keep_answer(services: Services, response: Response) -> Response:
    """Keep what a form is answered; where a second sending may just as well be answered anew, keep nothing.

    :raises SessionStoreUnavailable: what the page has changed cannot be saved
    """
    claim: Claim | None = noted().pop("claim", None)
    if claim is None:
        return response
    browser = browser_session()
    banners = browser.new_banners
    try:
        # Now and not as usual after this: a change may begin a session, and then there is a new cookie to be kept.
        if browser.modified:
            browser.keep()
    except SessionStoreUnavailable:
        _settle(services, claim, None)
        raise
    # Where Redis is away, a claim that it holds ends by itself.
    if not browser.is_store_away:
        _settle(services, claim, _kept(response, browser, banners))
    return response


def _submission() -> Submission | None:
    keys, owners = request.form.getlist(FORM_KEY), request.form.getlist("owner")
    return Submission.of(
        browser_session().session.cookie,
        keys[0] if len(keys) == 1 else "",
        path=f"{request.path}?{request.query_string.decode('latin-1')}",
        owner=owners[0] if owners else "",
        body=request.get_data(cache=True),
    )


def _kept(response: Response, browser: BrowserSession, banners: Banners) -> KeptAnswer | None:
    """Return what is to be kept; None where it may just as well be answered anew."""
    headers = tuple((name, response.headers[name]) for name in _KEPT_HEADERS if name in response.headers)
    kept = KeptAnswer(status=response.status_code, cookie=browser.cookie_to_set, headers=headers)
    if (location := response.headers.get("Location")) is not None:
        return replace(kept, location=location, banners=banners)
    # A page that upstream has not been asked for, or that says to wait, costs nothing to be made again.
    if response.status_code == _TOO_MANY or not g.get("asked", False):
        return None
    session = browser.session
    is_private = session.state is SessionState.LIVE and session.signed_in is not None
    return replace(kept, page=response.get_data(), is_private=is_private)


def _settle(services: Services, claim: Claim, kept: KeptAnswer | None) -> None:
    try:
        if kept is None:
            services.answers.release(claim)
        else:
            services.answers.keep(claim, kept)
    except SessionStoreUnavailable as err:
        # What the form asked for is done; only a second click would not be told so.
        services.log.emit(Event.STORE_UNAVAILABLE, reason=str(err))


def _repeated(services: Services, kept: KeptAnswer) -> Response | None:
    browser = browser_session()
    before = browser.session.cookie
    if kept.cookie is not None and before is not None and browser.move_to(kept.cookie):
        services.log.audit(Event.ANSWER_REPEATED, before_sid=before.sid, **audit_subject(browser.session))
    if kept.is_private and browser.signed_in is None:
        # Signed out since: what an account's page has shown is not shown again.
        return None
    if kept.banners and browser.resume().state is SessionState.LIVE:
        # The page behind the first answer may have shown them by now, to a window that had turned to the second.
        for category, text in kept.banners:
            if (category, text) not in browser.banners:
                flash(text, category)
    response = Response(kept.page, status=kept.status, mimetype="text/html")
    if kept.location is not None:
        response.location = kept.location
    response.headers.update(kept.headers)
    return response
