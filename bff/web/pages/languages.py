"""What the footer's choice of a language is sent to."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from bff.errors import Detail, InvalidInput
from bff.sessions.chosen_language import choose_language
from bff.web import paths
from bff.web.declared import Declared, Need, declare
from bff.web.language import languages
from bff.web.language_choice import way_back
from bff.web.pages.flow import see_other
from bff.web.session_interface import browser_session
from bff.wiring import Services


def make_blueprint(services: Services) -> Blueprint:
    """Return the route; nothing can be read at its path."""
    blueprint = Blueprint("languages", __name__)

    @blueprint.post(paths.LANGUAGE)
    def choose() -> ResponseReturnValue:
        wanted = request.form.get("language", "")
        if wanted not in languages():
            expected = f"Expected one of {', '.join(languages())}."
            raise InvalidInput(Detail(field="language", type="invalid_value", message=expected))
        choose_language(services.sessions, browser_session().resume(), wanted)
        return see_other(way_back(request.form.get("next"), added=services.settings.serving.return_paths))

    declare(blueprint, choose.__name__, Declared(need=Need.ANYONE))
    return blueprint
