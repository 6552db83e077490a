"""Where the links in Emporix's mails have to lead: what an operator sets there, made of this shop's public URL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bff.commands.checks.finding import Finding, Topic, ok
from bff.config.settings import Settings
from bff.web import paths

LINKS: Final = (
    (Topic.LINK_PASSWORD, "customer.passwordreset.redirecturl", paths.PASSWORD_RESET),
    (Topic.LINK_EMAIL, "customer.changeemail.redirecturl", paths.EMAIL_CONFIRM),
    (Topic.LINK_DELETION, "customer.deletion.redirecturl", paths.DELETION_CONFIRM),
    (Topic.LINK_ACTIVATION, "the link of the activation mail", paths.SIGN_UP_OPTIN),
)
"""What each is called at Emporix, and the page that it opens; the token is appended to it."""


def check_links(settings: Settings) -> Iterator[Finding]:
    """Name the URLs; whether they are set, only Emporix's own configuration can say, which takes a secret to read."""
    for topic, name, path in LINKS:
        yield ok(topic, f"{name} = {settings.serving.public_url}{path}?token=", "Set it in Emporix.")
