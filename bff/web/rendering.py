"""Renders a page with what is known of the visitor by now; never reads the session for it."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, render_template, request

from bff.sessions.session import SessionState
from bff.web.acting_for import acting_for
from bff.web.language import language
from bff.web.language_choice import language_choice
from bff.web.page_tokens import page_token
from bff.web.session_interface import browser_session
from bff.web.templates import page_template


def render(template: str, *, status: int = 200, **context: Any) -> Response:
    """Render a page; it shows the signed-in customer only if the session has been read.

    :param context: what the template shows; `who` in place of the signed-in customer, too
    """
    session = browser_session().session
    known = session.state is not SessionState.UNREAD
    text = render_template(
        page_template(current_app, template, language()),
        **{
            "who": session.signed_in if session.state is SessionState.LIVE else None,
            "acts_for": acting_for(session),
            "visitor_is_known": known,
            "path": request.path,
            "language_choice": language_choice,
            # Flask-WTF puts its own into every context.
            "csrf_token": page_token,
            **context,
        },
    )
    return Response(text, status=status, mimetype="text/html")
