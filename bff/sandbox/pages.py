"""The pages for people: what this is, and the mails that would have been sent; the same as JSON for scripts.

Any client sees every token here: a sandbox belongs on loopback.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template_string, request, url_for
from werkzeug.wrappers import Response

from bff.sandbox.layout import page
from bff.sandbox.world import World

_HOME = page("""\
<p>This stands in for Emporix: the Customer Service and a small shop of the tenant {{ tenant }}.
All of it is lost when it ends.</p>
<p>It sends no mail, but keeps what it would have sent: <a href="{{ mails }}">mails sent</a>.</p>
""")
_MAILS = page("""\
<p><a href="{{ home }}">Emporix sandbox</a></p>
{% for customer in waiting %}
<form method="post" action="{{ approve }}">
<input type="hidden" name="email" value="{{ customer }}">
<button>Approve the account of {{ customer }}</button>
</form>
{% endfor %}
{% for mail in sent %}
<article>
<h2>{{ mail.subject }}</h2>
<dl>
<dt>To</dt><dd>{{ mail.to }}</dd>
<dt>What for</dt><dd>{{ mail.purpose.value }}</dd>
<dt>Link</dt><dd><a href="{{ mail.link }}">{{ mail.link }}</a></dd>
<dt>Token</dt><dd><code>{{ mail.token }}</code></dd>
</dl>
</article>
{% else %}
<p>None yet. Reload this page after an action that mails something.</p>
{% endfor %}
""")


def make_blueprint(world: World) -> Blueprint:
    """Make the pages of one sandbox."""
    pages = Blueprint("pages", __name__)

    @pages.get("/")
    def home() -> str:
        """Say what this is."""
        return render_template_string(
            _HOME, title="Emporix sandbox", tenant=world.settings.tenant, mails=url_for("pages.mails")
        )

    @pages.get("/mails")
    def mails() -> str:
        """Show the mails, and the customers who wait for an employee's approval."""
        with world.state.lock:
            sent = world.mails.newest_first
            waiting = [customer.account_email for customer in world.state.awaiting_approval()]
        return render_template_string(
            _MAILS,
            title="Mails sent",
            sent=sent,
            waiting=waiting,
            home=url_for("pages.home"),
            approve=url_for("pages.approve"),
        )

    @pages.get("/mails.json")
    def mails_json() -> list[dict[str, str]]:
        """List the mails, newest first."""
        with world.state.lock:
            sent = world.mails.newest_first
        return [
            {
                "to": mail.to,
                "subject": mail.subject,
                "purpose": mail.purpose.value,
                "token": mail.token,
                "link": mail.link,
            }
            for mail in sent
        ]

    @pages.get("/issued.json")
    def issued_json() -> list[dict[str, str]]:
        """List every secret ever issued, oldest first."""
        return [{"kind": one.kind.value, "value": one.value} for one in world.mint.issued]

    @pages.post("/approve")
    def approve() -> tuple[str, int] | Response:
        """Do what an employee does."""
        if not world.state.approve(request.form.get("email", "")):
            return "Nobody under this e-mail waits.", 404
        return redirect(url_for("pages.mails"), code=303)

    return pages
