"""What reviewers are told: the excerpt is the report's, the figures are the code's, the guards are there."""

from __future__ import annotations

import re
from pathlib import Path

from bff.account.login_ends import RECENT_SECONDS
from bff.audit.report import audit
from bff.audit.text import as_text
from bff.config.settings import SessionSettings
from bff.sandbox.settings import SandboxSettings
from tests.support.audit.audit_parts import CHECKOUT, build
from tests.support.documents import document, section
from tests.support.mutating import table
from tests.support.storefront import written

SECURITY = document("security.md")
POINTS = dict(
    re.findall(r"^- \*\*(.+?)\.\*\* (.*?)(?=^- |\Z)", section(SECURITY, "Sessions"), re.MULTILINE | re.DOTALL)
)


def said(point: str) -> str:
    return " ".join(POINTS[point].split())


def test_document_gives_the_limits_and_where_they_come_from() -> None:
    usual = SessionSettings(keys=())
    assert re.findall(r"\d{4,}", said("Limits").replace("SP 800-63B", "")) == [
        str(usual.idle_seconds),
        str(usual.lifetime_seconds),
        "3600",
        "86400",
        str(usual.anonymous_idle_seconds),
    ]
    assert "NIST SP 800-63B" in said("Limits")


def test_document_says_how_many_sessions_one_customer_may_have() -> None:
    assert "any number of browsers" in said("How many")
    assert "no sign-in pushes another out" in said("How many")


def test_document_tells_the_other_lifetimes_apart() -> None:
    example = SandboxSettings()
    assert round(example.customer_access_seconds / 86400) == 30
    assert round(example.customer_refresh_seconds / 86400) == 1
    assert RECENT_SECONDS == 10 * 60
    for named in ("access token 30 days", "refresh token one", "never lengthen a session", "identity provider's own"):
        assert named in said("Other lifetimes")
    assert "of the last ten minutes" in said("Other lifetimes")


def test_document_says_what_the_server_sees_and_keeps() -> None:
    for named in ("passwords included", "It keeps the tokens, who is signed in", "logs neither bodies nor queries"):
        assert named in said("What passes through")


def test_document_says_what_a_browser_needs() -> None:
    for named in ("`__Host-`", "`SameSite`", "Content Security Policy", "Fetch Metadata", "Scripts are not needed"):
        assert named in said("What a browser needs")


def test_excerpt_of_the_audit_is_real_but_for_how_many_there_are(tmp_path: Path) -> None:
    storefront = written(tmp_path, 'format = 1\nsets = ["checkout"]\n')
    (excerpt,) = re.findall(r"```text\n(.*?)```", section(SECURITY, "The audit"), re.DOTALL)
    told = re.sub(r"\d+", "N", as_text(audit(build(BFF_STOREFRONT=str(storefront)), checkouts=[CHECKOUT])))
    parts = [part.strip("\n") for part in re.sub(r"\d+", "N", excerpt).split("…\n") if part.strip()]
    assert len(parts) > 3
    for part in parts:
        assert part in told


def test_document_shows_the_table_of_guards() -> None:
    assert table() in SECURITY


def test_every_test_that_the_document_names_is_there() -> None:
    named = set(re.findall(r"`(tests/[\w/.]+)::(\w+)", SECURITY))
    assert len(named) > 100
    missing = [f"{path}::{name}" for path, name in named if f"def {name}(" not in (CHECKOUT / path).read_text()]
    assert missing == []


def test_document_says_what_each_resource_can_cost() -> None:
    rows = re.findall(
        r"^\| (.+?) \| .+? \| `tests/", section(SECURITY, "What an unknown client can cost"), re.MULTILINE
    )
    for resource in ("processor time", "bytes in Redis", "threads", "memory", "mails", "log lines"):
        assert any(row.startswith(resource) for row in rows), resource
