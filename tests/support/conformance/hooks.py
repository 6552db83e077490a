"""What schemathesis is told: how a visitor signs in, and which failures are none, each for a reason.

Read by the process of schemathesis (`SCHEMATHESIS_HOOKS`); it writes what it has seen into a file at its end.
"""

from __future__ import annotations

import atexit
import json
import os
from collections import Counter, defaultdict
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import requests
import schemathesis

from tests.support.conformance.excused import Seen, excuse_for

BASE = os.environ["CONFORMANCE_URL"]
EMAIL, PASSWORDS = os.environ["CONFORMANCE_EMAIL"], os.environ["CONFORMANCE_PASSWORDS"].split(",")
COOKIE = "bff-session"
TOKEN = "X-CSRF-Token"

answers: defaultdict[str, Counter[str]] = defaultdict(Counter)
excused: Counter[str] = Counter()


class Visitor:
    """One customer, with the cookie and the token that the last answer brought."""

    cookie: str | None = None
    token: str = ""

    def sign_in(self) -> None:
        began = requests.get(f"{BASE}/api/session", timeout=60)
        cookie, token = began.cookies[COOKIE], began.json()["csrfToken"]
        for password in PASSWORDS:
            answer = requests.post(
                f"{BASE}/api/login",
                json={"email": EMAIL, "password": password},
                headers={TOKEN: token},
                cookies={COOKIE: cookie},
                timeout=60,
            )
            if answer.status_code == 200:
                self.cookie, self.token = answer.cookies[COOKIE], answer.headers[TOKEN]
                return
        raise AssertionError(answer.text)


visitor = Visitor()


@schemathesis.auth(refresh_interval=None)
class Auth:
    """Sends the visitor's cookie and token."""

    def get(self, case: Any, context: Any) -> Visitor:
        if visitor.cookie is None:
            visitor.sign_in()
        return visitor

    def set(self, case: Any, data: Visitor, context: Any) -> None:
        case.cookies = {**(case.cookies or {}), COOKIE: data.cookie}
        case.headers = {**(case.headers or {}), TOKEN: data.token}


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    operation = case.operation.definition.raw["operationId"]
    answers[operation][str(response.status_code)] += 1
    if (case.cookies or {}).get(COOKIE) != visitor.cookie:
        # What was sent was not the visitor's: nothing has come of it.
        return
    for line in response.headers.get("set-cookie", ()):
        visitor.cookie, visitor.token = SimpleCookie(line)[COOKIE].value, response.headers[TOKEN.lower()][0]
    signed_out = operation == "logout" and response.status_code == 200
    if signed_out or b'"login_required"' in response.content or b'"session_expired"' in response.content:
        visitor.cookie = None


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    operation = case.operation.definition.raw["operationId"]
    kind = type(failure).__name__
    reason = excuse_for(Seen.of(operation, kind, response.status_code, response.content))
    if reason is None:
        return True
    excused[reason] += 1
    return False


@atexit.register
def _write() -> None:
    told = {"answers": answers, "excused": excused}
    Path(os.environ["CONFORMANCE_SEEN"]).write_text(json.dumps(told))
