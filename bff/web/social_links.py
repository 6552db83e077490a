"""The ways to sign in at an identity provider, as links for pages and for JavaScript clients."""

from __future__ import annotations

from bff.web.language import gettext as _
from bff.web.paths import START_SOCIAL, START_SOCIAL_WITH
from bff.wiring import Services


def link_of(connection: str | None) -> str:
    """Return the path that starts a sign-in."""
    return START_SOCIAL if connection is None else START_SOCIAL_WITH(connection)


def social_links(services: Services) -> list[dict[str, str | None]]:
    """Return the ways to sign in at the provider: the connection, the link's text and its path."""
    known = services.oidc.links() if services.oidc is not None else []
    return [{"connection": name, "label": label_of(label), "url": link_of(name)} for name, label in known]


def label_of(label: str | None) -> str:
    """Return what a link to the provider says."""
    if label is None:
        return _("Continue with single sign-on")
    return _("Continue with %(name)s") % {"name": label}
