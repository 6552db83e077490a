"""Ends a session, and says on how many devices that was done; for the pages that sign out."""

from __future__ import annotations

from flask import Response

from bff.web.language import ngettext
from bff.web.pages.flow import see_other, to_sign_in
from bff.web.pages.visit import Visit


def sign_out(visit: Visit) -> Response:
    """End this browser's session, upstream and at an identity provider too; answer 303.

    :raises SessionStoreUnavailable: Redis does not answer, and the session goes on
    """
    who = visit.perform("logout").was_signed_in
    provider = visit.services.logout_url(who)
    response = see_other(provider) if provider else to_sign_in(notice="signed-out")
    # What the account showed must not come back from the browser's memory.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def signed_out_on(count: int) -> str:
    """Say on how many other devices one has been signed out."""
    return ngettext(
        "You have been signed out on %(num)d other device.", "You have been signed out on %(num)d other devices.", count
    ) % {"num": count}
