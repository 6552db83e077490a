"""The text is what Prometheus reads: as its own parser understands it."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from bff.events import Event
from bff.metrics.catalogue import METRICS, REDIS_SECONDS, REQUESTS, Kind
from bff.metrics.exposition import exposition
from bff.metrics.totals import Totals


def samples(totals: Totals) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = exposition(totals, "1.2.3").decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_counts_are_told_with_their_labels() -> None:
    totals = Totals()
    totals.sheet_for(1).add(REQUESTS, "GET", "/api/me/addresses/<addressId>", "200", amount=3)
    labels = {"method": "GET", "route": "/api/me/addresses/<addressId>", "status": "200"}
    assert samples(totals)["bff_requests_total", frozenset(labels.items())] == 3


def test_histogram_counts_up_to_each_end() -> None:
    totals = Totals()
    sheet = totals.sheet_for(1)
    for seconds in (0.0001, 0.004, 7.0):
        sheet.observe(REDIS_SECONDS, seconds=seconds)
    found = samples(totals)
    by_end = {
        dict(labels).get("le"): value for (name, labels), value in found.items() if name == "bff_redis_seconds_bucket"
    }
    assert (by_end["0.0005"], by_end["0.0025"], by_end["0.005"], by_end["1.0"], by_end["+Inf"]) == (1, 1, 2, 2, 3)
    assert found["bff_redis_seconds_count", frozenset()] == 3
    assert round(found["bff_redis_seconds_sum", frozenset()], 4) == 7.0041


def test_every_metric_is_told_from_the_start_with_its_meaning() -> None:
    families = {family.name: family for family in text_string_to_metric_families(exposition(Totals(), "1").decode())}
    for metric in METRICS:
        family = families[metric.name.removesuffix("_total")]
        assert family.documentation == metric.help
        assert family.type == ("gauge" if metric.kind is Kind.LATEST else metric.kind.value)


def test_what_may_happen_is_0_until_it_does() -> None:
    found = samples(Totals())
    assert found["bff_events_total", frozenset({("event", Event.INTERNAL_ERROR.label)})] == 0
    assert found["bff_token_refreshes_total", frozenset({("kind", "customer"), ("outcome", "unknown")})] == 0
    assert found["bff_workers", frozenset()] == 0


def test_program_names_itself() -> None:
    ((_, labels),) = (key for key in samples(Totals()) if key[0] == "bff_build_info")
    assert dict(labels)["version"] == "1.2.3"
