"""Views that fail with every secret of the run in their text, their cause and their locals: none of it comes out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bff import errors
from bff.errors import BffError
from bff.factory import create_app
from tests.support.journeys.leak_canaries import Place
from tests.support.journeys.leak_scenes import Scene, scene
from tests.support.journeys.leak_troubles import crashing, through
from tests.support.journeys.leak_visitor import Role
from tests.support.shop import ShopMaker

_FACTS = {
    "operation": "get_me",
    "status": 400,
    "type": "bad_request",
    "message": "No.",
    "more_info": None,
    "details": (),
    "retry_after_seconds": 7,
    "origin_is_ours": False,
}
"""What the map to responses reads from some of our exceptions; public by their own words."""
OURS = sorted(
    {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, BffError)}
    # Its text is the name of Redis' exception, and is logged as the reason.
    - {errors.SessionStoreUnavailable},
    key=lambda kind: kind.__name__,
)


@pytest.fixture
def here(make_shop: ShopMaker) -> Iterator[Scene]:
    with scene(make_shop) as opened:
        yield opened


def secrets_of(here: Scene) -> str:
    every = set().union(*here.watch.canaries.of(Place.BODY).values())
    return b" ".join(sorted(every)).decode("latin-1")


def our_error(kind: type[BffError], text: str) -> BffError:
    error = kind.__new__(kind, text)
    vars(error).update(_FACTS)
    assert str(error) == text
    return error


def test_crash_of_every_view_shows_no_secret_in_any_role(here: Scene) -> None:
    app = create_app(here.watch.shop.settings, here.watch.shop.services)
    here.watch.watch_exceptions(app)
    crashing(app, RuntimeError, lambda: secrets_of(here))
    for role in Role:
        here.visitor(role, trouble=through(app)).drive_all()
    assert any("internal_error" in text for text in here.watch.log.texts)
    # They were there to be found, and nobody has passed them on.
    assert {place for place, _, _ in here.watch.findings()} == {Place.EXCEPTIONS}


def test_our_own_exceptions_do_not_show_their_text(here: Scene) -> None:
    visitor = here.visitor(Role.CUSTOMER)
    for kind in OURS:
        app = create_app(here.watch.shop.settings, here.watch.shop.services)
        here.watch.watch_exceptions(app)
        crashing(app, lambda text, kind=kind: our_error(kind, text), lambda: secrets_of(here))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        visitor.trouble = through(app)
        for route in (("GET", "/api/me"), ("GET", "/account"), ("POST", "/account/email")):
            visitor.drive(*route)
    assert {place for place, _, _ in here.watch.findings()} == {Place.EXCEPTIONS}
