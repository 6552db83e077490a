"""A whole shop for real browsers: Redis and the sandbox from here, the application in gunicorn, https behind nginx.

Nothing of it is shared between tests but the processes: each test makes a customer of its own.
"""

from __future__ import annotations

import base64
import itertools
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from redis import Redis

from bff.config.settings import Settings
from bff.sandbox.factory import Sandbox, create_sandbox
from bff.sandbox.mails import Purpose
from bff.sandbox.server import SandboxServer
from bff.sandbox.settings import SandboxSettings
from bff.sandbox.state import AccountStatus, Customer, LegalEntity, new_login
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import SignedIn, WebRecord
from bff.wiring import Services, build_services
from tests.support.browser.servers import free_port, gunicorn, nginx

PASSWORD = "Amber-Meadow-52"
COMPANIES = (
    LegalEntity(id="D165356", name="Example Trading", contact_assignment_id="D436432"),
    LegalEntity(id="D165357", name="Example Logistics", contact_assignment_id="D436433"),
)
HOME = {
    "contactName": "Jane Doe",
    "street": "Platz der Republik",
    "streetNumber": "1",
    "zipCode": "11011",
    "city": "Berlin",
    "country": "DE",
    "tags": ["BILLING", "SHIPPING"],
}
SECOND_HOME = {**HOME, "street": "Rynek", "zipCode": "31-042", "city": "Krakow", "country": "PL", "tags": ["SHIPPING"]}

_numbers = itertools.count(1)


def fresh_email() -> str:
    """Return an address that no customer has."""
    return f"jane.doe.{next(_numbers)}@example.com"


@dataclass(frozen=True, kw_only=True)
class Storefront:
    """One shop, as its visitors and its operator see it."""

    url: str
    cookie: str
    """The session cookie's name."""
    is_secure: bool
    sandbox: Sandbox
    sandbox_url: str
    redis: Redis
    services: Services
    """A second set over the same Redis, for what a test does behind the application's back."""
    log: Path

    def customer(
        self,
        *,
        addresses: bool = True,
        companies: bool = False,
        initial_password: bool = False,
        status: AccountStatus = AccountStatus.ACTIVE,
    ) -> str:
        """Store a new customer with the password `PASSWORD`; return the e-mail."""
        email = fresh_email()
        document: dict[str, object] = {"title": "MS", "firstName": "Jane", "lastName": "Doe", "contactEmail": email}
        if companies:
            document |= {"company": COMPANIES[0].name, "b2b": {"companyRegistrationId": "123-456-789"}}
        state = self.sandbox.state
        customer = state.add_customer(
            tenant=self.sandbox.settings.tenant,
            email=email,
            document=document,
            logins=[new_login(email, password=PASSWORD, initial_password=initial_password)],
            status=status,
            legal_entities=COMPANIES if companies else (),
        )
        if addresses:
            state.add_address(customer, dict(HOME), is_default=True)
            state.add_address(customer, dict(SECOND_HOME))
        return email

    def find(self, email: str) -> Customer | None:
        """Return what the sandbox has stored of a customer."""
        with self.sandbox.state.lock:
            return self.sandbox.state.by_email(self.sandbox.settings.tenant, email)

    def stored(self, email: str) -> Customer:
        """Return the same, of a customer who has to be there."""
        found = self.find(email)
        assert found is not None, f"no customer {email}"
        return found

    def address_id(self, email: str, street: str) -> str:
        """Return the id of a customer's address."""
        return next(key for key, one in self.stored(email).addresses.items() if one.get("street") == street)

    def mailed_link(self, purpose: Purpose, email: str) -> str:
        """Return the link in the newest mail of a purpose to an address."""
        with self.sandbox.state.lock:
            return self.sandbox.mails.last(purpose, to=email).link

    def lose_session(self, cookie: str) -> None:
        """Delete what Redis keeps of a session, as a restart without a disk would."""
        sid = SessionCookie(value=Secret(cookie)).sid
        keys = [key for key in self.redis.scan_iter() if sid.encode() in key]
        assert keys, "Redis keeps nothing of this session"
        self.redis.delete(*keys)

    def age_sign_in(self, cookie: str, seconds: float) -> None:
        """Let the last proof of identity lie further back."""
        self.change_who(cookie, lambda who: replace(who, authenticated_at=who.authenticated_at - seconds))

    def change_who(self, cookie: str, change_signed_in: Callable[[SignedIn], SignedIn]) -> None:
        """Change what a session says of its customer."""

        def change(web: WebRecord) -> WebRecord:
            assert web.signed_in is not None
            return replace(web, signed_in=change_signed_in(web.signed_in))

        session = self.services.sessions.open(SessionCookie(value=Secret(cookie)), may_start=False)
        session.load()
        session.change_web(change)


@contextmanager
def running_storefront(
    redis_url: str, folder: Path, *, secure: bool, environment: Mapping[str, str] | None = None
) -> Iterator[Storefront]:
    """Serve a shop; `folder` takes its log and what nginx needs, `environment` adds to its variables."""
    with ExitStack() as stack:
        app_port, public_port = free_port(), free_port()
        url = f"https://127.0.0.1:{public_port}" if secure else f"http://127.0.0.1:{app_port}"
        sandbox = create_sandbox(SandboxSettings(shop_url=url, demo_customers=False))
        server = stack.enter_context(SandboxServer(sandbox.app, host="localhost"))
        stack.callback(sandbox.faults.clear)
        variables = {
            "EMPORIX_TENANT": sandbox.settings.tenant,
            "EMPORIX_CLIENT_ID": sandbox.settings.client_id,
            "EMPORIX_API_URL": server.url,
            "REDIS_URL": redis_url,
            "BFF_SECRET_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "BFF_PUBLIC_URL": url,
            "BFF_BIND": f"127.0.0.1:{app_port}",
            "BFF_WORKERS": "1",
            "BFF_THREADS": "8",
            "BFF_GRACEFUL_TIMEOUT": "2",
            # All visitors come from one address here, and are few.
            "BFF_RATE_LIMIT_GUEST": "off",
            "BFF_RATE_LIMIT_LOGIN": "off",
            "BFF_RATE_LIMIT_MAIL": "off",
            "BFF_TRUSTED_PROXIES": "1" if secure else "0",
            **(environment or {}),
        }
        settings = Settings.from_env(variables)
        redis = stack.enter_context(Redis.from_url(redis_url))
        log = folder / "shop.log"
        stack.enter_context(gunicorn(variables, log, app_port))
        if secure:
            stack.enter_context(nginx(folder, public_port, app_port))
        services = build_services(settings)
        stack.callback(services.redis.close)
        yield Storefront(
            url=url,
            cookie=settings.cookie.name,
            is_secure=secure,
            sandbox=sandbox,
            sandbox_url=server.url,
            redis=redis,
            services=services,
            log=log,
        )


def token_of(link: str) -> str:
    """Return the token in a mailed link."""
    found = re.search(r"[?&]token=([^&]+)", link)
    assert found is not None
    return found[1]
