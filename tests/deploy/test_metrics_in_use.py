"""Alerts and dashboard ask for what there is: every metric, label and word in them; and Prometheus understands them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bff.events import Event
from bff.metrics.catalogue import METRICS, TOLD_EVENTS, Kind
from bff.operations.table import OPERATIONS
from tests.support.documents import ROOT

DEPLOY = ROOT / "bff" / "deploy"
RULES = DEPLOY / "prometheus-rules.yml"
DASHBOARD = DEPLOY / "grafana-dashboard.json"
ALERTS = ROOT / "tests" / "deploy" / "alerts.yml"
"""What has to have happened for an alert, as `promtool test rules` reads it."""
METRIC = {metric.name: metric for metric in METRICS}
OF_PROMETHEUS = {"instance", "job"}
WORDS = {
    "event": {event.label for event in Event if event in TOLD_EVENTS},
    "operation": set(OPERATIONS),
    "outcome": {"done", "refused", "limited", "unknown", "waited", "2xx", "3xx", "4xx", "5xx"},
    "part": {"redis", "upstream"},
    "route": {"/healthz", "/readyz"},
}


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return found


def shown() -> list[tuple[str, str]]:
    """Return each expression of the dashboard with its legend, and Grafana's variables as they may be."""
    return [
        (target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*"), target["legendFormat"])
        for panel in panels()
        for target in panel.get("targets", ())
    ]


def asked() -> list[str]:
    return [*(expression for expression, _ in shown()), *expressions_of_the_rules()]


def expressions_of_the_rules() -> list[str]:
    text = RULES.read_text()
    blocks = re.findall(r"^ +expr: (?:\|\n((?: {10}.*\n)+)|(.*)\n)", text, re.MULTILINE)
    assert len(blocks) == text.count("- alert:")
    return [block or line for block, line in blocks]


def selectors(expression: str) -> Iterator[tuple[str, str]]:
    """Yield each metric of ours with what it is narrowed down by."""
    for name, _, narrowed in re.findall(r"\b(bff_[a-z_]+)(\{([^}]*)\})?", expression):
        yield name, narrowed


def base(name: str) -> str:
    stem = re.sub(r"_(bucket|count|sum)$", "", name)
    return stem if stem in METRIC and METRIC[stem].kind is Kind.HISTOGRAM else name


@pytest.mark.parametrize("expression", asked())
def test_metric_and_its_labels_are_there(expression: str) -> None:
    found = list(selectors(expression))
    assert found
    grouped = {label for labels in re.findall(r"\bby \(([^)]*)\)", expression) for label in re.split(r",\s*", labels)}
    for name, narrowed in found:
        metric = METRIC[base(name)]
        of_it = {*metric.labels, *OF_PROMETHEUS, *(["le"] if name.endswith("_bucket") else [])}
        assert grouped <= of_it, name
        for label, value in re.findall(r"([a-z_]+)[=!]~?\"([^\"]*)\"", narrowed):
            assert label in of_it, name
            for word in value.split("|") if label in WORDS else ():
                assert any(re.fullmatch(word, known) for known in WORDS[label]), (label, word)


@pytest.mark.parametrize(("expression", "legend"), shown())
def test_legend_names_labels_that_are_left(expression: str, legend: str) -> None:
    named = set(re.findall(r"\{\{([a-z_]+)\}\}", legend))
    grouped = {label for labels in re.findall(r"\bby \(([^)]*)\)", expression) for label in re.split(r",\s*", labels)}
    assert named <= (grouped or {"instance"})


def test_every_metric_is_of_use() -> None:
    used = {base(name) for expression in asked() for name, _ in selectors(expression)}
    assert used == set(METRIC)


def test_every_alert_says_what_to_look_at() -> None:
    alerts = RULES.read_text().split("- alert: ")[1:]
    assert len(alerts) > 10
    for alert in alerts:
        assert re.search(r"labels: \{severity: (page|ticket)\}", alert)
        assert re.search(r"summary: .*\n +look_at: .+", alert)


def test_events_that_alerts_point_at_are_in_the_log() -> None:
    told = "\n".join(re.findall(r"look_at: (.*)", RULES.read_text()))
    named = set(re.findall(r"\b[a-z]+_[a-z_]+\b", re.sub(r"\bbff_\w+", "", told)))
    assert "store_not_ready" in named
    assert named <= {event.label for event in Event}


def test_panels_have_numbers_of_their_own_and_do_not_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in panels()}) == len(panels())


def promtool(*arguments: str) -> str:
    result = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.more
def test_prometheus_takes_the_rules() -> None:
    assert f"{RULES.read_text().count('- alert:')} rules found" in promtool("check", "rules", str(RULES))


@pytest.mark.more
def test_prometheus_understands_what_the_dashboard_asks(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": expression} for number, (expression, _) in enumerate(shown())]
    # JSON is YAML too.
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", str(tmp_path / "rules.yml"))


@pytest.mark.more
def test_alerts_come_when_they_should_and_not_before() -> None:
    promtool("test", "rules", str(ALERTS))


def test_every_alert_is_tried() -> None:
    assert set(re.findall(r"alertname: (\w+)", ALERTS.read_text())) == set(
        re.findall(r"- alert: (\w+)", RULES.read_text())
    )
