"""The kinds of requests that are run against each other, each by the browser that it is for.

A request begins with the cookie that its browser has then, and ends with the answer: the browser takes the new cookie.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bff.account.calls import AccountCall
from bff.account.devices import _ID_CHARACTERS, _PURPOSE
from bff.emporix.client import Call
from bff.errors import (
    BffError,
    LoginRequired,
    SessionExpired,
    SessionStoreUnavailable,
    UpstreamMalformed,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from bff.sandbox.demo_customers import B2C_PASSWORD
from bff.sandbox.mint import TokenKind
from bff.sessions.session import Session
from bff.sessions.session_keys import device_key, tokens_key, web_key
from bff.sessions.store import SessionEnded
from tests.support.fakes.carts import CART_ROW
from tests.support.simulation.scheduler import Request
from tests.support.simulation.steps import ANSWERS, BEGINS, Step
from tests.support.simulation.world import World, signing_in

SIGNED_OUT: Final = "401"
UNKNOWN: Final = "503"
NEW_PASSWORD: Final = "Amber-Lighthouse-52"
RESET_PASSWORD: Final = "Silver-Orchard-94"

Work = Callable[[World, Session], str]
"""Returns the answer in a word."""


def _request(name: str, browser: str, work: Work, *, reads: bool = False) -> Request:
    def run(world: World) -> str:
        begins = Step(label=BEGINS, reads=frozenset({f"jar:{browser}"}), may_fail=False)
        cookie = world.stop_at(begins, lambda: world.jars[browser])
        session = world.session_of(cookie, may_start=not reads)
        answer = _answered(world, session, work)
        writes = frozenset() if session.new_cookie is None else frozenset({f"jar:{browser}"})
        answers = Step(label=f"{ANSWERS} {answer}", writes=writes, may_fail=False)
        world.stop_at(answers, lambda: world.answered(browser, session))
        return answer

    return Request(name=name, browser=browser, run=run)


def _answered(world: World, session: Session, work: Work) -> str:
    try:
        world.services.login.resume(session)
        return work(world, session)
    except (LoginRequired, SessionExpired, SessionEnded):
        return SIGNED_OUT
    except (SessionStoreUnavailable, UpstreamUnavailable, UpstreamTimeout, UpstreamMalformed):
        return UNKNOWN
    except UpstreamRejected as error:
        if error.operation == CART_ROW.name:
            # There is none yet: what merges carts does as well as it can, and a call for one does not wait for it.
            return "ok"
        return f"refused {error.operation} {error.status}"
    except BffError as error:
        return type(error).__name__


def _performing(operation: str, read: Callable[[], AccountCall]) -> Work:
    def work(world: World, session: Session) -> str:
        result = world.services.calls.perform(session, world.services.operations[operation], read)
        return "ok" if result.incomplete is None else "ok, not whole"

    return work


def _sending(content: Any = None, **values: Any) -> Callable[[], AccountCall]:
    body = None if content is None else json.dumps(content).encode()
    return lambda: AccountCall(call=Call(values=values, body=body), content=content)


def _end_device(world: World, session: Session) -> str:
    assert world.begun is not None
    mine = world.begun.jars["mine"]
    assert mine is not None
    id = world.services.ring.newest.name(_PURPOSE, mine.sid)[:_ID_CHARACTERS]
    return "ok" if world.services.devices.end(session, id) else "404"


def _end_others(world: World, session: Session) -> str:
    world.services.devices.end_others(session)
    return "ok"


def _reset(world: World, session: Session) -> str:
    token = world.issued(TokenKind.MAILED)[-1]
    return _performing("reset_password", _sending({"token": token, "password": RESET_PASSWORD}))(world, session)


def _draft(word: str) -> Work:
    def work(world: World, session: Session) -> str:
        try:
            session.change_web(lambda web: replace(web, data={**web.data, word: 1}))
        except SessionEnded:
            return "dropped"
        return "ok"

    return work


def _keys_end(name: str, *keys: Callable[[str], str]) -> Request:
    """Return the end of keys of `mine`, which is nobody's request."""

    def run(world: World) -> str:
        assert world.begun is not None
        cookie = world.begun.jars["mine"]
        assert cookie is not None
        gone = [key(cookie.sid) for key in keys]
        begun = world.begun.keys

        def end() -> None:
            for key in gone:
                found = world.server.keys.get(key.encode())
                # What was extended meanwhile does not end yet.
                if found is not None and (len(keys) == 1 or found[1] == begun[key.encode()][1]):
                    del world.server.keys[key.encode()]

        world.stop_at(Step(label=name, writes=frozenset(gone), may_fail=False), end)
        return "done"

    return Request(name=name, browser="", run=run)


_CUSTOMERS_CART: Final = {"siteCode": "main"}
KINDS: Final[Mapping[str, Request]] = {
    one.name: one
    for one in (
        _request("refresh", "mine", _performing("get_me", _sending()), reads=True),
        _request("refresh asked for", "mine", _performing("refresh_auth_token", _sending())),
        _request("sign-in", "guest", _performing("login", signing_in)),
        _request("sign-in anew", "mine", _performing("login", signing_in)),
        _request("sign-out", "mine", _performing("logout", _sending())),
        _request("device ended", "other", _end_device),
        _request("others ended", "other", _end_others),
        _request(
            "rotation",
            "mine",
            _performing("change_password", _sending({"currentPassword": B2C_PASSWORD, "newPassword": NEW_PASSWORD})),
        ),
        _request("reset", "guest", _reset),
        _request("sign-in after reset", "reset", _performing("login", signing_in)),
        _request("cart merge", "mine", _performing("cart", _sending(**_CUSTOMERS_CART)), reads=True),
        _request("draft", "mine", _draft("draft")),
        _request("another draft", "mine", _draft("another draft")),
        _request("guest's draft", "guest", _draft("guest's draft")),
        _keys_end("idle end", web_key, tokens_key, device_key),
        _keys_end("web evicted", web_key),
        _keys_end("tokens evicted", tokens_key),
    )
}
"""By name."""

ENDS: Final[Mapping[str, frozenset[str]]] = {
    "sign-out": frozenset({"mine"}),
    "device ended": frozenset({"mine"}),
    "others ended": frozenset({"mine", "guest", "reset"}),
    "sign-in after reset": frozenset({"mine", "other", "guest", "reset"}),
    "idle end": frozenset({"mine"}),
    "web evicted": frozenset({"mine"}),
    "tokens evicted": frozenset({"mine"}),
}
"""Whose sessions a kind ends."""


def _moving(world: World, session: Session) -> str:
    world.services.login.password_was_reset(session)
    return "ok"


IN_PARTS: Final[Mapping[str, Request]] = {
    "reset": _request("reset", "guest", _moving),
}
"""Kinds that do two things, one after the other: the half that is about the session at hand."""

CUTS: Final[Mapping[str, str]] = {"sign-in after reset": "redis zscore(browsers:"}
"""Kinds whose second half may be later than others: the step that it begins with. The sign-in is done by then."""


def was_done(answer: str) -> bool:
    """Tell whether an answer says that all of it was done."""
    return answer in ("ok", "done")


def renamed(kinds: Sequence[str]) -> tuple[Request, ...]:
    """Return requests of these kinds, each under a name of its own."""
    return tuple(replace(KINDS[kind], name=f"{at} {kind}") for at, kind in enumerate(kinds, 1))


def kind_of(request: Request) -> str:
    """Return the kind of a request that was renamed."""
    return request.name.partition(" ")[2]
