"""Nothing of a social sign-in's secrets in any log line, page, JSON answer or header, but where each has to be."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import pytest
from fakes.clock import FakeClock
from leaks import hits
from shop import ShopMaker, SocialShop
from social import LINK, Traveller, with_query
from werkzeug.test import TestResponse

from bff.sandbox.mint import TokenKind
from bff.sandbox.provider.settings import JOHN
from bff.sandbox.provider.shapes import WRONG_ID_TOKENS

ISSUED = {
    TokenKind.SOCIAL_CODE,
    TokenKind.CODE_VERIFIER,
    TokenKind.SOCIAL_ID,
    TokenKind.SOCIAL_ACCESS,
    TokenKind.CUSTOMER_ACCESS,
    TokenKind.CUSTOMER_REFRESH,
    TokenKind.SAAS,
    TokenKind.PROVIDER_SESSION_ID,
    TokenKind.LOGOUT,
}


@dataclass
class Seen:
    """Every answer of a run, and what must not stand in them."""

    social: SocialShop
    answers: list[bytes] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    def note(self, answer: TestResponse, *, less: tuple[str, ...] = ()) -> None:
        """Keep an answer, less what may stand in it."""
        whole = str(answer.headers) + answer.get_data(as_text=True)
        for allowed in less:
            assert allowed in whole
            whole = whole.replace(allowed, "")
        self.answers.append(whole.encode())

    def started(self, traveller: Traveller, link: str = LINK) -> str:
        """Start a sign-in; its `Location` alone may say state, nonce and challenge."""
        url = traveller.start(link)
        login = traveller.open_logins[-1]
        self.logins += [login["state"], login["nonce"], login["verifier"]]
        self.note(traveller.pages.answer, less=(url,))
        assert login["verifier"] not in url
        return url

    def secrets(self) -> list[bytes]:
        issued = [one.value for one in self.social.provider.mint.issued if one.kind in ISSUED]
        signatures = [token.rsplit(".", 1)[-1] for token in issued if token.count(".") == 2]
        return [value.encode() for value in [*issued, *signatures, *self.logins] if value]

    def found(self, text: bytes) -> set[str]:
        return hits(text, self.secrets())


@pytest.fixture
def seen(make_shop: ShopMaker, clock: FakeClock) -> Seen:
    return Seen(make_shop.with_provider(clock=clock, BFF_LOG_LEVEL="debug"))


def journey(seen: Seen) -> None:
    """Sign in, once more, as somebody else, wrongly in each way, and out."""
    traveller = Traveller(seen.social)

    def back(path: str) -> None:
        traveller.arrive(path)
        seen.note(traveller.pages.answer)
        traveller.pages.follow()
        seen.note(traveller.pages.answer)

    for changes in ({"state": "unknown"}, {"iss": None}, {"code": None}, {"error": "access_denied"}):
        stranger = Traveller(seen.social)
        path = stranger.choose(seen.started(stranger))
        stranger.arrive(with_query(path, **changes))
        seen.note(stranger.pages.answer)
        stranger.pages.follow()
        seen.note(stranger.pages.answer)
    for shape in (WRONG_ID_TOKENS["another nonce"], WRONG_ID_TOKENS["signature damaged"]):
        seen.social.provider.shape_next_id_token(shape)
        stranger = Traveller(seen.social)
        stranger.arrive(stranger.choose(seen.started(stranger)))
        seen.note(stranger.pages.answer)
    back(path := traveller.choose(seen.started(traveller)))
    back(path)
    back(traveller.choose(seen.started(traveller, f"{LINK}?again=1"), JOHN.subject))
    seen.note(traveller.browser.get("/api/session"))
    seen.note(traveller.browser.get("/api/session/validate"))
    for page in ("/account", "/login", "/account/logins"):
        traveller.pages.get(page)
        seen.note(traveller.pages.answer)
    told = seen.social.provider.mint_logout_token(claims={"sub": JOHN.subject})
    seen.note(traveller.browser.request("POST", "/login/backchannel-logout", data={"logout_token": told}))
    web = traveller.web.signed_in
    assert web is not None
    assert web.social is not None
    assert web.social.sid is not None
    traveller.state()
    seen.note(traveller.browser.post("/api/logout"), less=(f"logout_hint={web.social.sid}",))


def test_no_secret_shows_in_any_answer_or_log_line(seen: Seen, caplog: pytest.LogCaptureFixture) -> None:
    for name in (None, "bff", "urllib3"):
        caplog.set_level(logging.DEBUG, logger=name)
    journey(seen)
    assert [seen.found(answer) for answer in seen.answers] == [set()] * len(seen.answers)
    lines = "\n".join(f"{record.getMessage()} {record.__dict__!r}" for record in caplog.records)
    assert "social_login_failed" in lines
    assert "/login/callback" in lines
    assert "urllib3.connectionpool" in lines
    assert seen.found(lines.encode()) == set()


def test_the_search_has_something_to_find(seen: Seen) -> None:
    journey(seen)
    kinds = {one.kind for one in seen.social.provider.mint.issued}
    assert kinds >= ISSUED
    assert len(seen.logins) == 3 * 8
    for secret in seen.secrets():
        assert "raw" in seen.found(b"<p>" + secret + b"</p>")
