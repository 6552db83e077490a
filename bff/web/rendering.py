"""Renders a page with what is known of the visitor by now; never reads the session for it."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request

from bff.sessions.session import SessionState
from bff.web.session_interface import browser_session


def render(template: str, *, status: int = 200, **context: Any) -> Response:
    """Render a page; it shows the signed-in customer only if the session has been read."""
    session = browser_session().session
    known = session.state is not SessionState.UNREAD
    text = render_template(
        template,
        who=session.signed_in if session.state is SessionState.LIVE else None,
        visitor_is_known=known,
        path=request.path,
        **context,
    )
    return Response(text, status=status, mimetype="text/html")
