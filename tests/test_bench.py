"""What `tests/bench/run` makes of its measurements, and what it does not put up with."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from tests.support.bench.empty_app import BODY, app
from tests.support.bench.errors import BenchError
from tests.support.bench.figures import MUSTS, Found, of, per_second, processor_us, ratio
from tests.support.bench.peers.peer import Asked, Instance, Target
from tests.support.bench.processes import Group
from tests.support.bench.programs import program
from tests.support.bench.rounds import Measurement
from tests.support.bench.rows import ACCOUNT, BFF, FLOOR, ME_16, NODE, peers_of, rows_of
from tests.support.bench.table import musts_table, rows_table, troubles
from tests.support.bench.wrk import Load, Seen, read_report


def measurement(requests: int, *, processor_us: float = 1000, p99_ms: float = 10, refused: int = 0) -> Measurement:
    seen = Seen(requests=requests, seconds=1.0, p50_ms=5, p99_ms=p99_ms, refused=refused, broken=0)
    spent = requests * processor_us / 1e6
    return Measurement(seen=seen, processor_seconds=spent, redis_reads=1.0, upstream_requests=1.0, others=0.25)


FOUND = Found(
    results={
        # The machine was twice as slow in the second round, for all of them.
        (ME_16, FLOOR): [measurement(n, processor_us=us) for n, us in ((6000, 200), (3000, 400), (6000, 200))],
        (ME_16, NODE): [measurement(n) for n in (3000, 1500, 3000)],
        (ME_16, BFF): [measurement(n, processor_us=us) for n, us in ((2000, 700), (1000, 1400), (2400, 500))],
        (ACCOUNT, BFF): [measurement(n, processor_us=us) for n, us in ((300, 1400), (100, 2800), (300, 1000))],
    },
    pss_megabytes={BFF: 149.6},
)


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *values: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with make_server("127.0.0.1", 0, app, handler_class=_Silent) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def instance(url: str, log: Path, right: bytes) -> Instance:
    log.write_text("the log's last line")
    target = Target(load=Load(path="/api/me", headers={}), is_right=lambda answer: answer.body == right)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        return Instance(name="floor", url=url, group=Group(process=process, log=log), targets={Asked.ME: target})


def test_ratio_is_taken_within_each_round() -> None:
    results = FOUND.results
    assert ratio(results, (ME_16, BFF), (ME_16, FLOOR), processor_us) == pytest.approx(3.5)
    assert ratio(results, (ME_16, BFF), (ME_16, NODE), per_second) == pytest.approx(2 / 3)
    assert of(results, ME_16, BFF, per_second) == 2000


def test_what_was_not_measured_is_neither_reached_nor_missed() -> None:
    told = {must.figure: must.is_kept(FOUND) for must in MUSTS}
    assert told["`/api/me` against the empty application, processor time, c=16"] is False
    assert told["`/account` against `/api/me`, processor time"] is True
    assert told["Redis round trips for `/api/me`"] is True
    assert told["requests/s against Node, +20 ms, c=64"] is None
    assert told["PSS after mixed pages and JSON, MB"] is None


def test_tables_say_figures_with_their_bounds() -> None:
    lines = musts_table(MUSTS, FOUND).splitlines()
    assert "| PSS after `/api/me` alone, MB | ≤ 130 | 150 | **no** |" in lines
    assert "| requests/s against Node, +20 ms, c=64 | ≥ 1.00 | - | not measured |" in lines
    assert "took 25% of the cores' time" in rows_table(FOUND)
    (line,) = [line for line in rows_table(FOUND).splitlines() if line.startswith("| `/api/me c=16` | bff |")]
    assert line == "| `/api/me c=16` | bff | 3.50 | - | 0.67 | - | 1.00 | 2,000 | 2,400 | 700 | 5.00 | 10.0 | 150 |"


def test_refused_requests_are_told() -> None:
    found = Found(
        results={(ME_16, BFF): [measurement(10), measurement(10, refused=3)], (ME_16, NODE): [measurement(9)]}
    )
    assert troubles(found) == ["/api/me c=16, bff: 3 refused, 0 broken, of 20"]
    assert troubles(Found(results={(ME_16, NODE): [measurement(0)]}))


def test_another_body_than_the_right_one_ends_the_run(url: str, tmp_path: Path) -> None:
    instance(url, tmp_path / "log", BODY).check(Asked.ME)
    with pytest.raises(BenchError, match="the log's last line"):
        instance(url, tmp_path / "log", BODY + b" ").check(Asked.ME)


def test_report_of_the_load_is_read_and_missed() -> None:
    line = 'BENCH {"requests":9,"seconds":1.5,"p50_ms":1,"p99_ms":2,"refused":0,"broken":1}'
    assert read_report(f"Running\n{line}\n").broken == 1
    with pytest.raises(BenchError, match="unable to connect"):
        read_report("unable to connect to 127.0.0.1")


def test_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *given, **more: None)
    with pytest.raises(BenchError, match="apt-get install nodejs"):
        program("node")


def test_unknown_rows_and_peers_are_refused() -> None:
    assert [row.label for row in rows_of(["+20 ms", "TLS"])] == ["/api/me +20 ms c=64", "/api/me TLS c=16"]
    assert [peer.name for peer in peers_of(["bff", "floor"])] == [FLOOR, BFF]
    for ask in (rows_of, peers_of):
        with pytest.raises(BenchError, match="there are"):
            ask(["carts"])
