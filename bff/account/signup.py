"""Signing up, in the three ways a tenant may activate accounts; neutral where an address could be probed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bff.account.login import Login
from bff.config.settings import SignupMode
from bff.emporix.client import Call
from bff.errors import LoginFailed, SessionError, TooManyAttempts, UpstreamError, UpstreamRejected
from bff.log import Log
from bff.operations.model import Operation
from bff.sessions.session import Session
from bff.tokens.broker import TokenBroker


@dataclass(frozen=True, slots=True, kw_only=True)
class SignupAnswer:
    """What may be said of a sign-up."""

    status: int
    body: bytes


class Signup:
    """Creates accounts."""

    def __init__(
        self,
        broker: TokenBroker,
        login: Login,
        operations: Mapping[str, Operation],
        log: Log,
        *,
        mode: SignupMode,
        neutral: bool,
    ) -> None:
        self._broker = broker
        self._login = login
        self._operation = operations["signup"]
        self._log = log
        self._mode = mode
        # Who is signed in right away learns by that whether the address was free.
        self._neutral = neutral and mode is not SignupMode.IMMEDIATE

    def create(self, session: Session, call: Call, wanted: Mapping[str, Any]) -> SignupAnswer:
        """Create the account that `call`'s body (read as `wanted`) describes; in `immediate` mode also sign in.

        :raises UpstreamRejected: upstream says why; a taken address only where answers are not neutral
        :raises BffError: as the broker's `call`
        """
        neutral = SignupAnswer(status=self._operation.neutral_status or 202, body=b"{}")
        try:
            reply = self._broker.call(session, self._operation, call)
        except UpstreamRejected as err:
            if self._neutral and err.status in self._operation.hides:
                return neutral
            raise
        if self._neutral:
            return neutral
        if self._mode is SignupMode.IMMEDIATE:
            self._sign_in(session, call, wanted)
        return SignupAnswer(status=reply.status, body=reply.body)

    def _sign_in(self, session: Session, call: Call, wanted: Mapping[str, Any]) -> None:
        credentials = wanted.get("signup") or wanted
        email, password = credentials["email"], credentials["password"]
        body = json.dumps({"email": email, "password": password}).encode()
        try:
            self._login.with_password(
                session, email, Call(body=body, accept_language=call.accept_language), asked=self._operation
            )
        except (LoginFailed, TooManyAttempts, UpstreamError, SessionError):
            # The account exists; who made it can still sign in by hand. The trail has why it failed.
            return
