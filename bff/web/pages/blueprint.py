"""All pages of the account area, as one blueprint."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from bff.errors import CsrfFailed
from bff.web.pages import addresses, deletion, devices, email, logins, orders, passwords, profile, sign_in, sign_up
from bff.web.pages.flow import FormPage, answer_csrf_failure, register_page
from bff.wiring import Services

BLUEPRINT = "pages"


def make_blueprint(services: Services) -> Blueprint:
    """Return the pages; a form whose token has gone stale comes back filled in."""
    blueprint = Blueprint(BLUEPRINT, __name__)
    pages: dict[str, FormPage] = {}
    for module in (sign_in, sign_up, passwords, profile, orders, addresses, email, logins, devices, deletion):
        for page in module.make_pages(blueprint, services):
            register_page(blueprint, services, page)
            pages[f"{BLUEPRINT}.{page.endpoint}"] = page

    @blueprint.errorhandler(CsrfFailed)
    def refused(error: CsrfFailed) -> ResponseReturnValue:
        return answer_csrf_failure(services, pages, error)

    return blueprint
