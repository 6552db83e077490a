"""Social sign-ins that go wrong, at the provider or on the way back: nothing secret of them shows anywhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bff.sandbox.faults import CannedResponse, Cut, Fault
from bff.sandbox.mint import TokenKind
from bff.sandbox.operations import Operation
from bff.sandbox.provider.endpoints import Endpoint
from bff.sandbox.provider.settings import JANE
from tests.support.fakes.answers import html
from tests.support.journeys.leak_canaries import Kind, Place
from tests.support.journeys.leak_scenes import Scene, scene
from tests.support.journeys.leak_visitor import Role
from tests.support.oidc.hostile import WRONG_ID_TOKENS, WRONG_LOGOUT_TOKENS, mint_logout_token
from tests.support.shop import ShopMaker
from tests.support.social import CLICK, FROM_ELSEWHERE, LINK, with_query

WRONG_RETURNS: tuple[dict[str, str | None], ...] = (
    {"state": "unknown"},
    {"state": None},
    {"iss": None},
    {"iss": "https://shop.example.com/"},
    {"code": None},
    {"code": "unknown"},
    {"error": "access_denied"},
)


@pytest.fixture
def here(make_shop: ShopMaker) -> Iterator[Scene]:
    with scene(make_shop) as opened:
        yield opened


def heard(here: Scene, event: str) -> bool:
    return any(event in text for text in here.watch.log.texts)


def test_wrong_returns_show_nothing(here: Scene) -> None:
    guest = here.visitor(Role.GUEST)
    for changes in WRONG_RETURNS:
        path = guest.leave()
        guest.arrive(with_query(path, **changes))
        guest.send("GET", "/login?notice=social-stale", "/login")
        assert guest.watch.found(guest.browser.cookie) is not None
    # The same one twice.
    path = guest.leave()
    for _ in range(2):
        guest.arrive(path)
    assert heard(here, "social_login_failed")
    assert here.watch.findings() == set()


def test_id_tokens_that_are_not_believed_show_nothing(here: Scene) -> None:
    for shape in WRONG_ID_TOKENS.values():
        here.provider.tokens.shape_next(shape)
        guest = here.visitor(Role.GUEST)
        guest.arrive(guest.leave())
    assert heard(here, "IdTokenInvalid")
    assert here.watch.findings() == set()


def test_logout_tokens_good_and_bad_show_nothing(here: Scene) -> None:
    visitor = here.visitor(Role.SOCIAL)
    route = "/login/backchannel-logout"
    for shape in WRONG_LOGOUT_TOKENS.values():
        told = here.provider.tokens.make_logout_token({"sub": JANE.subject}, shape)
        visitor.send("POST", route, route, data={"logout_token": told})
    assert 400 in here.watch.statuses["POST", route]
    told = mint_logout_token(here.provider, claims={"sub": JANE.subject})
    assert [visitor.send("POST", route, route, data={"logout_token": told}).status_code for _ in range(2)] == [200, 400]
    assert visitor.send("GET", "/api/me", "/api/me").status_code == 401
    assert here.watch.findings() == set()


@pytest.mark.parametrize("endpoint", [Endpoint.DISCOVERY, Endpoint.JWKS])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(answer=html(500)),
        Fault(answer=html(200)),
        Fault(answer=CannedResponse(status=200, body=b"{}", headers={"Content-Type": "application/json"})),
        Fault(cut=Cut.AFTER_EFFECT),
    ],
    ids=["500", "not JSON", "empty", "cut"],
)
def test_provider_that_is_not_itself_shows_nothing(here: Scene, endpoint: Endpoint, fault: Fault) -> None:
    here.provider.faults.add(endpoint, fault)
    guest = here.visitor(Role.GUEST)
    for method in ("GET", "POST"):
        guest.drive(method, "/login/social")
    if endpoint is Endpoint.JWKS:
        guest.arrive(guest.leave())
    else:
        guest.send("GET", LINK, "/login/social/<connection>", headers=CLICK)
    here.provider.faults.clear()
    assert heard(here, "identity_provider_not_ready")
    assert here.watch.findings() == set()


def test_code_that_emporix_answers_wrongly_shows_nothing(here: Scene) -> None:
    for fault in (
        Fault(drop_fields=("social_id_token",)),
        Fault(answer=html(500)),
        Fault(answer=html(502)),
        Fault(cut=Cut.BEFORE_EFFECT),
        Fault(cut=Cut.AFTER_EFFECT),
    ):
        guest = here.visitor(Role.GUEST)
        path = guest.leave()
        here.watch.shop.sandbox.faults.add(Operation.SOCIAL_LOGIN, fault)
        guest.send("GET", path, "/login/callback", headers=FROM_ELSEWHERE)
        here.watch.shop.sandbox.faults.clear()
    assert here.watch.findings() == set()


def test_every_secret_of_a_social_sign_in_is_looked_for(here: Scene) -> None:
    visitor = here.visitor(Role.SOCIAL)
    kinds = {issued.kind for issued in here.watch.canaries.issued}
    assert kinds >= {
        TokenKind.SOCIAL_CODE,
        TokenKind.CODE_VERIFIER,
        TokenKind.SOCIAL_ID,
        TokenKind.SOCIAL_ACCESS,
        TokenKind.PROVIDER_SESSION_ID,
        TokenKind.SAAS,
    }
    verifiers = {one.value.encode() for one in here.watch.canaries.issued if one.kind is TokenKind.CODE_VERIFIER}
    assert verifiers <= here.watch.canaries.by_kind()[Kind.VERIFIER]
    assert visitor.send("GET", "/account", "/account").status_code == 200
    for verifier in verifiers:
        here.watch.texts[Place.LOG].add(verifier)
    assert here.watch.findings() == {(Place.LOG, Kind.VERIFIER, "raw")}
