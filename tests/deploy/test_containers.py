"""Dockerfile, compose file and Kubernetes manifest, as far as that can be said without an engine or a cluster."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.web.paths import HEALTHZ, READYZ
from tests.support.bench.exchange import ask
from tests.support.deploy.shipped import DEPLOY, settings_of, shipped
from tests.support.documents import ROOT
from tests.support.journeys.real_server import free_port

DOCKERFILE = shipped("Dockerfile")
STAGES = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
COMPOSE: Any = yaml.safe_load(shipped("compose.yaml"))
OBJECTS: dict[str, Any] = {one["kind"]: one for one in yaml.safe_load_all(shipped("kubernetes.yaml"))}
POD: Any = OBJECTS["Deployment"]["spec"]["template"]["spec"]
CONTAINER: Any = POD["containers"][0]
UNPRIVILEGED = "10001"


def test_image_is_built_from_what_is_there_and_with_the_constraints() -> None:
    copied = [path for line in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE) for path in line.split()]
    assert {"bff", "templates", "static", ".ci/constraints.txt"} <= set(copied)
    shown = set(re.findall(r"^!(.+)$", shipped("Dockerfile.dockerignore"), re.MULTILINE))
    assert shown == set(copied)
    assert all((ROOT / path).exists() for path in copied)
    assert "--constraint .ci/constraints.txt" in STAGES[0]


def test_base_is_one_release_of_a_python_that_the_program_runs_on() -> None:
    (base,) = re.findall(r"^ARG BASE=(.+)$", DOCKERFILE, re.MULTILINE)
    found = re.fullmatch(r"python:(\d+)\.(\d+)\.\d+-slim-[a-z]+", base)
    assert found is not None
    assert (int(found[1]), int(found[2])) >= (3, 11)
    assert all(stage.startswith("${BASE}") for stage in STAGES)


def test_last_stage_is_not_root_has_no_build_tools_and_is_watched() -> None:
    last = STAGES[-1]
    instructions = re.findall(r"^([A-Z]+) (.*)$", last, re.MULTILINE)
    assert [value for name, value in instructions if name == "USER"] == [f"{UNPRIVILEGED}:{UNPRIVILEGED}"]
    assert [value for name, value in instructions if name == "COPY"] == ["--from=build /opt/bff /opt/bff"]
    assert not re.search(r"apt-get|pip (?!\*)\w*install|gcc|build-essential", last)
    (probe,) = re.findall(r"^HEALTHCHECK .*?CMD (\[.*?\])$", last, re.MULTILINE | re.DOTALL)
    python, option, script = json.loads(probe.replace("\\\n", ""))
    assert (python, option) == ("python", "-c")
    assert HEALTHZ in script
    compile(script, "HEALTHCHECK", "exec")
    assert re.search(r'^ENTRYPOINT \["bff"\]\nCMD \["serve"\]$', last, re.MULTILINE)


def test_compose_file_is_one() -> None:
    command = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yaml")]
    answer = subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("name", ["bff", "sandbox", "redis"])
def test_containers_of_the_compose_file_write_nowhere_and_may_nothing(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ()))


@pytest.fixture
def sandbox() -> Iterator[dict[str, str]]:
    """Run the sandbox as the compose file does, on ports that are free; return what it says of itself."""
    given = COMPOSE["services"]["sandbox"]
    moved = {"8001": str(free_port()), "8002": str(free_port())}
    command = [sys.executable, *given["entrypoint"][1:], *(moved.get(word, word) for word in given["command"])]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        told = [process.stdout.readline().rstrip("\n") for _ in range(5)]
        yield dict(line.split("=", 1) for line in told)
    finally:
        process.terminate()
        assert process.wait(60) == 0
        process.stdout.close()


def test_program_of_the_compose_file_is_set_up_for_its_sandbox(sandbox: dict[str, str], tmp_path: Path) -> None:
    variables = COMPOSE["services"]["bff"]["environment"]

    def without_ports(told: Mapping[str, str]) -> dict[str, str]:
        return {name: re.sub(r":\d+", "", told[name]) for name in sandbox}

    assert without_ports(sandbox) == without_ports(variables)
    settings = settings_of(variables, tmp_path)
    assert settings.warnings == ()
    answer = ask(
        sandbox["EMPORIX_API_URL"],
        f"/customerlogin/auth/anonymous/login?tenant={settings.emporix.tenant}&client_id={settings.emporix.client_id}",
    )
    assert answer.status == 200
    assert ask(sandbox["AUTH0_ISSUER"].rstrip("/"), "/.well-known/openid-configuration").status == 200


def test_compose_file_names_a_customer_that_there_is() -> None:
    assert B2C_EMAIL in shipped("compose.yaml")
    assert B2C_PASSWORD in shipped("compose.yaml")


@pytest.mark.parametrize("kind", OBJECTS)
def test_manifest_is_what_kubernetes_takes(kind: str) -> None:
    kubernetes_validate.validate(OBJECTS[kind], "1.29", strict=True)


def test_schemas_would_find_a_word_that_kubernetes_does_not_know() -> None:
    wrong = {**OBJECTS["Service"], "spec": {**OBJECTS["Service"]["spec"], "port": 80}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.29", strict=True)


def test_pods_are_found_by_everything_that_looks_for_them() -> None:
    labels = OBJECTS["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert OBJECTS["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert OBJECTS["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert OBJECTS["Service"]["spec"]["selector"] == labels


def test_pod_is_asked_what_the_program_answers() -> None:
    assert {kind: CONTAINER[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")} == {
        "startup": HEALTHZ,
        "liveness": HEALTHZ,
        "readiness": READYZ,
    }


def test_pod_is_not_root_and_writes_to_memory_alone() -> None:
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert str(POD["securityContext"]["runAsUser"]) == UNPRIVILEGED
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    volumes = {one["name"]: one for one in POD["volumes"]}
    for mount in CONTAINER["volumeMounts"]:
        assert mount.get("readOnly") or volumes[mount["name"]]["emptyDir"]["medium"] == "Memory"


def test_no_instance_goes_before_another_has_come_and_none_is_cut_short(tmp_path: Path) -> None:
    assert OBJECTS["Deployment"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    settings = settings_of(OBJECTS["ConfigMap"]["data"], tmp_path)
    assert settings.warnings == ()
    (pause,) = re.findall(r"sleep\((\d+)\)", CONTAINER["lifecycle"]["preStop"]["exec"]["command"][-1])
    assert POD["terminationGracePeriodSeconds"] > int(pause) + settings.serving.graceful_timeout_seconds


def test_settings_of_the_manifest_are_sound_and_read_from_the_secret(tmp_path: Path) -> None:
    variables = OBJECTS["ConfigMap"]["data"]
    settings = settings_of(variables, tmp_path)
    assert settings.serving.bind == f"0.0.0.0:{CONTAINER['ports'][0]['containerPort']}"
    assert settings.serving.trusted_proxies == 1
    (mounted,) = (one["mountPath"] for one in CONTAINER["volumeMounts"] if one["name"] == "secrets")
    files = {name: Path(value) for name, value in variables.items() if name.endswith("_FILE")}
    assert {path.parent for path in files.values()} == {Path(mounted)}
    # The command in the head makes a file of each.
    assert all(f"--from-file={path.name}" in shipped("kubernetes.yaml") for path in files.values())
