"""SIGHUP: the master reads environment, files and theme again, and only what is sound takes effect."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.commands.serve import Prepared, Server
from bff.config.settings import Settings
from tests.support.journeys.real_server import RealServer
from tests.support.patience import eventually
from tests.support.shop import ShopMaker
from tests.support.storefront import changed, written

CONTACT = b"GET /.well-known/security.txt HTTP/1.1"
STYLES = b"GET /static/shop.css HTTP/1.1"
LOGIN = b"GET /login HTTP/1.1"
ZONES = b"GET /api/shipping/zones HTTP/1.1"


class Reloaded(NamedTuple):
    server: RealServer
    folder: Path

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def hang_up(self) -> None:
        os.kill(self.server.pid, signal.SIGHUP)

    def shows(self, request_line: bytes, text: bytes) -> bool:
        return text in self.server.ask(request_line).body

    def workers(self) -> set[int]:
        return {
            int(pid) for pid in Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text().split()
        }


@pytest.fixture
def reloaded(redis_server: EmbeddedRedis, tmp_path: Path) -> Iterator[Reloaded]:
    for folder in ("theme/templates", "theme/static"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "theme/static/shop.css").write_text("/*! first */")
    for name, value in (("contact", "mailto:first@example.com"), ("bind", ""), ("workers", "1"), ("threads", "4")):
        (tmp_path / name).write_text(value)
    with Redis.from_url(redis_server.url) as client, ShopMaker(redis_server, client) as maker:
        environment = maker.environment(
            "http://127.0.0.1:1",
            BFF_CONTACT="misspelt",
            BFF_SECURITY_CONTACT_FILE=str(tmp_path / "contact"),
            BFF_WORKERS="",
            BFF_WORKERS_FILE=str(tmp_path / "workers"),
            BFF_THREADS="",
            BFF_THREADS_FILE=str(tmp_path / "threads"),
            BFF_THEME_DIR=str(tmp_path / "theme"),
            BFF_STOREFRONT=str(written(tmp_path, changed())),
            BFF_LOG_LEVEL="info",
        )
        with RealServer(environment, tmp_path / "log") as server:
            yield Reloaded(server, tmp_path)


def test_sound_configuration_takes_effect_without_a_restart(reloaded: Reloaded) -> None:
    master, before = reloaded.server.pid, reloaded.workers()
    reloaded.write("contact", "mailto:second@example.com")
    reloaded.write("theme/static/shop.css", "/*! second */")
    assert reloaded.shows(CONTACT, b"first@example.com")
    reloaded.hang_up()
    eventually(lambda: bool(reloaded.workers()) and not reloaded.workers() & before)
    assert reloaded.shows(CONTACT, b"second@example.com")
    assert reloaded.shows(STYLES, b"second")
    assert reloaded.server.pid == master
    # Told in plain words to who starts the server; from then on the log is a log.
    warned = [line for line in reloaded.server.log.splitlines() if "BFF_CONTACT is not a known variable" in line]
    assert [line.startswith("warning: ") for line in warned] == [True, False]
    assert json.loads(warned[1])["level"] == "warning"


def test_wrong_configuration_is_told_without_values_and_leaves_the_workers_alone(reloaded: Reloaded) -> None:
    before = reloaded.workers()
    reloaded.write("contact", "mailto:second@example.com")
    reloaded.write("threads", "hunter2")
    reloaded.hang_up()
    eventually(lambda: "not reloaded, BFF_THREADS: must be a whole number" in reloaded.server.log)
    assert "hunter2" not in reloaded.server.log
    assert reloaded.workers() == before
    assert reloaded.shows(CONTACT, b"first@example.com")


def test_wrong_theme_is_told_with_its_line_and_respawned_workers_keep_the_old_one(reloaded: Reloaded) -> None:
    before = reloaded.workers()
    reloaded.write("theme/templates/login.html", "{% extends 'base.html' %}\n{% block %}\n")
    reloaded.write("theme/static/shop.css", "/*! second */")
    reloaded.write("contact", "mailto:second@example.com")
    reloaded.hang_up()
    eventually(lambda: "not reloaded, BFF_THEME_DIR: templates/login.html, line 2" in reloaded.server.log)
    for worker in before:
        os.kill(worker, signal.SIGKILL)
    eventually(lambda: bool(reloaded.workers()) and not reloaded.workers() & before)
    assert reloaded.shows(STYLES, b"first")
    assert reloaded.shows(CONTACT, b"first@example.com")
    assert reloaded.server.ask(LOGIN).status == 200


def test_wrong_file_of_further_operations_is_told_with_its_line_and_a_sound_one_adds_routes(reloaded: Reloaded) -> None:
    before = reloaded.workers()
    (started,) = [line for line in reloaded.server.log.splitlines() if '"serving"' in line]
    assert json.loads(started)["storefrontRows"] == 1
    assert reloaded.server.ask(ZONES).status == 404
    reloaded.write("storefront.toml", changed(bearer='""'))
    reloaded.hang_up()
    eventually(lambda: "not reloaded, BFF_STOREFRONT: " in reloaded.server.log)
    assert f"{reloaded.folder}/storefront.toml, line 7: bearer is empty" in reloaded.server.log
    assert reloaded.workers() == before
    reloaded.write("storefront.toml", changed(bearer='"customer"', upstream='"/shipping/{tenant}/zones"'))
    reloaded.hang_up()
    eventually(lambda: bool(reloaded.workers()) and not reloaded.workers() & before)
    assert reloaded.server.ask(ZONES).status == 401


def test_fault_of_ours_while_the_configuration_is_read_ends_no_server(
    redis_server: EmbeddedRedis, redis: Redis, capfd: pytest.CaptureFixture[str]
) -> None:
    with ShopMaker(redis_server, redis) as maker:
        settings = Settings.from_env(maker.environment("http://127.0.0.1:1"))
    found: list[Prepared] = [Prepared(settings=settings, make_app=lambda counts: lambda environ, start_response: [])]
    server = Server(lambda: found.pop())
    assert not server.renew()
    told = capfd.readouterr().err
    assert "not reloaded" in told
    assert "IndexError" in told
    assert "pop from empty list" not in told


def test_number_of_workers_needs_a_restart_and_that_is_told(reloaded: Reloaded) -> None:
    before = reloaded.workers()
    reloaded.write("workers", "3")
    reloaded.hang_up()
    eventually(lambda: "BFF_WORKERS has changed, and counts after a restart only" in reloaded.server.log)
    eventually(lambda: len(reloaded.workers()) == 1 and not reloaded.workers() & before)
    assert reloaded.shows(CONTACT, b"first@example.com")
