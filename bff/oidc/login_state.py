"""One social sign-in under way: state, nonce and PKCE verifier as one value, good once and for ten minutes.

It is kept in the browser's own session, never in a place that another browser could reach: state that is not bound to
the browser that started is no protection (RFC 9700 4.7.1). The verifier leaves the server towards Emporix alone.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from bff.crypto import random_text
from bff.secret import Secret

LIFETIME_SECONDS: Final = 600
MOST_OPEN: Final = 10
"""Several tabs may sign in side by side; a page that starts sign-ins in a loop pushes out only those of its browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginState:
    """What has to match when the browser comes back."""

    state: Secret[str]
    nonce: Secret[str]
    verifier: Secret[str]
    return_path: str
    issuer: str
    """The issuer that the browser was sent to (RFC 9700 4.4.2)."""
    started_at: float
    """Unix seconds."""
    is_reauthentication: bool = False
    """The customer who is signed in proves it once more; the sign-in must bring back the same one."""

    @classmethod
    def fresh(
        cls, *, return_path: str, issuer: str, prefix: str | None, now: float, is_reauthentication: bool
    ) -> LoginState:
        """Make one; `prefix` names Emporix's configuration of the provider, as the first part of the state."""
        random = random_text()
        return cls(
            state=Secret(f"{prefix}--{random}" if prefix else random),
            nonce=Secret(random_text()),
            verifier=Secret(random_text(48)),
            return_path=return_path,
            issuer=issuer,
            started_at=now,
            is_reauthentication=is_reauthentication,
        )

    @property
    def challenge(self) -> str:
        """The verifier's S256 challenge (RFC 7636 4.2)."""
        challenge: str = create_s256_code_challenge(self.verifier.reveal())
        return challenge

    def to_record(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "state": self.state.reveal(),
            "nonce": self.nonce.reveal(),
            "verifier": self.verifier.reveal(),
            "returnPath": self.return_path,
            "issuer": self.issuer,
            "startedAt": self.started_at,
            "again": self.is_reauthentication,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> LoginState:
        """Read the stored form back."""
        return cls(
            state=Secret(record["state"]),
            nonce=Secret(record["nonce"]),
            verifier=Secret(record["verifier"]),
            return_path=record["returnPath"],
            issuer=record["issuer"],
            started_at=record["startedAt"],
            is_reauthentication=record["again"],
        )


def added(records: Sequence[Mapping[str, Any]], login: LoginState, now: float) -> tuple[Mapping[str, Any], ...]:
    """Return the open logins with one more, without those that are over, and no more than may be open."""
    alive = [record for record in records if now < record["startedAt"] + LIFETIME_SECONDS]
    return tuple([*alive, login.to_record()][-MOST_OPEN:])


def taken(
    records: Sequence[Mapping[str, Any]], state: str, now: float
) -> tuple[LoginState | None, tuple[Mapping[str, Any], ...]]:
    """Return the login of this state, if there is one that is not over, and all others."""
    found, rest = None, []
    for record in records:
        if hmac.compare_digest(record["state"].encode(), state.encode("utf-8", "surrogatepass")):
            found = LoginState.from_record(record)
        else:
            rest.append(record)
    if found is not None and now >= found.started_at + LIFETIME_SECONDS:
        found = None
    return found, tuple(rest)
