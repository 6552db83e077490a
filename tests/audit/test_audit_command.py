"""`bff audit` as it is called: what it prints, how it ends, and what it never shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.support.audit.audit_parts import CHECKOUT, PASSWORD, new_key, production


def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, with nothing in its environment but the configuration."""
    environment = {**production(**changes), "PATH": os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, "-m", "bff.cli", "audit", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        cwd=CHECKOUT,
        check=False,
    )


def test_sound_configuration_ends_well_and_shows_no_secret() -> None:
    key = new_key()
    done = run(BFF_SECRET_KEYS=key)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 findings" in done.stdout
    assert PASSWORD not in done.stdout
    assert key not in done.stdout


def test_finding_ends_with_1_in_both_forms() -> None:
    text = run(BFF_RATE_LIMIT_MAIL="off")
    assert text.returncode == 1
    assert "- BFF_RATE_LIMIT_MAIL: anybody can have mails sent without limit" in text.stdout
    told = run("--json", BFF_RATE_LIMIT_MAIL="off")
    assert told.returncode == 1
    (finding,) = json.loads(told.stdout)["findings"]
    assert (finding["kind"], finding["name"], finding["breaks"]) == (
        "configuration",
        "mail-limit-off",
        "ASVS 5.0 2.4.1",
    )
    assert finding["requirements"] != []


def test_bad_configuration_ends_with_2_and_without_a_report() -> None:
    done = run(BFF_PUBLIC_URL="http://shop.example.com")
    assert (done.returncode, done.stdout) == (2, "")
    assert "BFF_PUBLIC_URL" in done.stderr


def test_warning_goes_to_standard_error() -> None:
    done = run("--json", BFF_UNKNOWN="1")
    assert "BFF_UNKNOWN" in done.stderr
    assert json.loads(done.stdout)["summary"]["findings"] == 0
