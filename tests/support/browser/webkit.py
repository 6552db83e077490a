"""Two WebKits, driven by Selenium: WPE 2.38, which knows no Fetch Metadata, and the newer one of GTK, which does.

They stand for Safari before and after 16.4. Missing, they fail the tests; tests/more says how to get them.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.service import Service
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.webkitgtk.options import Options as GtkOptions
from selenium.webdriver.webkitgtk.service import Service as GtkService
from selenium.webdriver.wpewebkit.options import Options as WpeOptions
from selenium.webdriver.wpewebkit.service import Service as WpeService

_LIBRARIES = Path("/usr/lib")
_STOP_SECONDS = 20


class Engine(Enum):
    """Where the program lies that a driver starts, below the folder of the machine's kind."""

    WPE = "wpe-webkit-1.1/MiniBrowser"
    GTK = "webkit2gtk-4.1/MiniBrowser"


@contextmanager
def running_webkit(engine: Engine) -> Iterator[WebDriver]:
    """Start a browser that has never been anywhere."""
    with _wpe() if engine is Engine.WPE else _gtk() as (service, options):
        options.binary_location = _program(engine)
        options.add_argument("--automation")
        service.start()
        try:
            # Selenium's own classes for the two build this in a way that it warns of.
            connection = RemoteConnection(client_config=ClientConfig(remote_server_addr=service.service_url))
            with webdriver.Remote(connection, options=options) as driver:
                yield driver
        finally:
            service.stop()


@contextmanager
def _wpe() -> Iterator[tuple[Service, WpeOptions]]:
    options = WpeOptions()
    options.add_argument("--headless")
    yield WpeService("/usr/bin/WPEWebDriver"), options


@contextmanager
def _gtk() -> Iterator[tuple[Service, GtkOptions]]:
    with _display() as display:
        yield GtkService("/usr/bin/WebKitWebDriver", env={**os.environ, "DISPLAY": display}), GtkOptions()


def _program(engine: Engine) -> str:
    found = sorted(_LIBRARIES.glob(f"*/{engine.value}"))
    assert found, f"{engine.value} is missing: tests/more says how to get it"
    return str(found[0])


@contextmanager
def _display() -> Iterator[str]:
    """Draw on a screen in memory: GTK's browser has no mode without one."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        assert number, "Xvfb does not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(_STOP_SECONDS)
