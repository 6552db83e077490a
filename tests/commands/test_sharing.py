"""What the workers share with the master: all that is imported, kept out of their garbage collections."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time

from tests.support.journeys.real_server import free_port
from tests.support.served import environment

PREPARED = """
import os, sys
from bff import cli
from bff.commands import serve

class Told:
    def __init__(self, prepare):
        prepared = prepare()
        before = set(sys.modules)
        prepared.make_app(None)
        print(*sorted(set(sys.modules) - before))

    def run(self):
        pass

serve.Server = Told
cli._serve(os.environ)
"""


def test_worker_imports_nothing_that_the_master_has_not() -> None:
    nowhere = environment(REDIS_URL="redis://127.0.0.1:1")
    told = subprocess.run(
        [sys.executable, "-c", PREPARED], env={**os.environ, **nowhere}, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == []


FROZEN = """
import gc, json, os
from bff.commands.serve import Prepared, Server
from bff.config.settings import Settings

class App:
    def __init__(self):
        self.count = gc.get_freeze_count()
        self.cells = [self]

    def __call__(self, environ, start_response):
        looked_at = any(each is self.cells for each in gc.get_objects())
        body = json.dumps([self.count, gc.get_freeze_count(), looked_at, gc.isenabled()]).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

Server(lambda: Prepared(settings=Settings.from_env(os.environ), make_app=lambda counts: App())).run()
"""


def asked(port: int, process: subprocess.Popen[bytes]) -> bytes:
    deadline = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read()
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        finally:
            connection.close()


def test_worker_collects_neither_what_the_master_has_made_nor_its_application() -> None:
    port = free_port()
    variables = environment(BFF_BIND=f"127.0.0.1:{port}")
    with subprocess.Popen([sys.executable, "-c", FROZEN], env={**os.environ, **variables}) as process:
        try:
            of_the_master, of_both, application_is_looked_at, collects = json.loads(asked(port, process))
        finally:
            process.terminate()
    assert of_the_master > 10_000
    assert of_both > of_the_master
    assert (application_is_looked_at, collects) == (False, True)
