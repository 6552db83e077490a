"""What the document on deployment says: every file that comes for it, and steps that fit these files."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml

from bff.events import Event
from tests.support.deploy.shipped import DEPLOY, shipped, variables_in
from tests.support.documents import document, first_cells, section

DEPLOYING = document("deploying.md")
IN_THE_WHEEL_ALONE = "constraints.txt"
SCRIPTS = re.findall(r"^```sh\n(.*?)^```", DEPLOYING, re.MULTILINE | re.DOTALL)
STEPS = re.findall(r"^\*\*(\d+)\. ", section(DEPLOYING, "From nothing to production"), re.MULTILINE)


def edited(name: str) -> str:
    """Return a shipped file as the `sed` of the steps leave it."""
    text = shipped(name)
    scripts = [script for script in SCRIPTS if f"bff/deploy/{name}" in script]
    assert len(scripts) == 1
    for expressions in re.findall(r"sed((?: -i)?(?: -e (?:'[^']+'|\"[^\"]+\"))+)", scripts[0]):
        words = "SHOP=shop.example.net TENANT=another; sed " + expressions.replace(" -i", "")
        text = subprocess.run(["bash", "-euc", words], input=text, capture_output=True, text=True, check=True).stdout
    return text


def test_every_file_is_named_once_and_no_other() -> None:
    named = [name for cell in first_cells(section(DEPLOYING, "Files")) for name in re.findall(r"`([^`]+)`", cell)]
    assert sorted(named) == sorted([IN_THE_WHEEL_ALONE, *(path.name for path in DEPLOY.iterdir())])


def test_steps_are_numbered() -> None:
    assert [int(step) for step in STEPS] == list(range(1, len(STEPS) + 1))
    assert len(STEPS) == 10


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_is_one(script: str) -> None:
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_user_of_redis_has_the_rights_that_are_documented() -> None:
    (rule,) = re.findall(r"^ACL SETUSER bff on >PASSWORD (.+)$", document("operating.md"), re.MULTILINE)
    assert f"\nuser bff on >$REDIS_PASSWORD {rule}\n" in DEPLOYING


def test_settings_are_those_of_the_shop_and_every_file_that_they_name_is_made() -> None:
    settings = variables_in(edited("bff.env"))
    assert settings["BFF_PUBLIC_URL"] == "https://shop.example.net"
    assert settings["EMPORIX_TENANT"] == "another"
    made = "\n".join(script for script in SCRIPTS if "/etc/bff" in script)
    for path in (value for name, value in settings.items() if name.endswith("_FILE")):
        assert f"/dev/stdin {path}" in made


def test_nginx_leads_everything_to_the_program_where_the_shop_is_elsewhere() -> None:
    configuration = edited("nginx.conf")
    assert "server_name shop.example.net;" in configuration
    assert "shop.example.com" not in configuration.partition("\nlog_format")[2]
    assert set(re.findall(r"proxy_pass (\S+);$", configuration, re.MULTILINE)) == {"http://bff"}


def test_program_lies_and_listens_where_the_units_say() -> None:
    steps = "\n".join(SCRIPTS)
    assert re.findall(r"^ExecStart=(\S+)", shipped("bff.service"), re.MULTILINE) == ["/opt/bff/bin/bff"]
    assert "-m venv /opt/bff\n" in steps
    (socket,) = re.findall(r"^ListenStream=(.+)$", shipped("bff.socket"), re.MULTILINE)
    assert f"--unix-socket {socket} " in steps
    assert f"server unix:{socket} " in shipped("nginx.conf")


def test_every_alert_is_named_once_and_no_other_and_those_that_wake_somebody_say_so() -> None:
    groups = yaml.safe_load(shipped("prometheus-rules.yml"))["groups"]
    wakes = {rule["alert"]: rule["labels"]["severity"] == "page" for group in groups for rule in group["rules"]}
    table = section(DEPLOYING, "What to alert on").splitlines()
    rows = [line.split("|")[1:3] for line in table if line.startswith("| `")]
    named = [(name, cells[1].strip() == "yes") for cells in rows for name in re.findall(r"`(\w+)`", cells[0])]
    assert sorted(named) == sorted(wakes.items())


def test_every_event_to_look_for_is_one() -> None:
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", section(DEPLOYING, "What to alert on")))
    assert len(named) > 8
    assert named <= {event.name.lower() for event in Event}
