"""What every application of a run compiles alike, compiled once a process: templates, catalogues, routes.

A shop for each test costs a test run more than the tests do, and most of that is this. Nothing here outlives a change
of what it was compiled from, and nothing is shared that a request could change.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import CodeType
from typing import Any
from unittest.mock import patch

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from bff.factory import Bff
from bff.web.language import FOLDER, Catalogues
from bff.web.templates import PageEnvironment


class TemplateCache(BytecodeCache):
    """Keeps the code of a template as long as its name, place and text are the same."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


_STATIC = re.compile(r"""filename=["']([^"']+)""")


def _compiling_once(compile: Callable[..., Any]) -> Callable[..., Any]:
    kept: dict[tuple[object, ...], CodeType] = {}

    def compiled(self: PageEnvironment, source: Any, name: str | None = None, filename: str | None = None) -> Any:
        if self.language is None:
            return compile(self, source, name, filename)
        # What stands in the code beside the template itself.
        urls = tuple(self.static_url(file) for file in _STATIC.findall(source))
        made_of = source, name, filename, self.language, self.translate, urls
        if made_of not in kept:
            kept[made_of] = compile(self, source, name, filename)
        return kept[made_of]

    return compiled


@contextmanager
def compiled_once() -> Iterator[None]:
    """Let applications that are built meanwhile share what they compile."""
    with ExitStack() as stack:
        # Of the class: `create_app` adds its own options to those that it finds.
        options = {**Bff.jinja_options, "bytecode_cache": TemplateCache()}
        stack.enter_context(patch.object(Bff, "jinja_options", options))
        stack.enter_context(patch.object(PageEnvironment, "compile", _compiling_once(PageEnvironment.compile)))
        stack.enter_context(patch.object(Catalogues, "read", _reading_once(Catalogues.read)))
        # Werkzeug writes two functions for each rule, which is half of what it costs to build an application. A
        # release that does it otherwise is left alone: the tests are slower then, and no less true.
        if (builder := getattr(Rule, "_compile_builder", None)) is not None:
            stack.enter_context(patch.object(Rule, "_compile_builder", _building_once(builder)))
        yield


def _reading_once(read: Callable[..., Catalogues]) -> Callable[..., Catalogues]:
    ours = functools.cache(read)
    return lambda folder=FOLDER, over=None: ours() if folder == FOLDER and not over else read(folder, over)


def _building_once(build: Callable[..., Any]) -> Callable[..., Any]:
    kept: dict[tuple[object, ...], Any] = {}

    def builder(rule: Any, append_unknown: bool = True) -> Any:
        # What the function is made of; with defaults, converters take part in it.
        if rule.defaults:
            return build(rule, append_unknown)
        made_of = rule.rule, tuple(rule._trace), append_unknown
        if made_of not in kept:
            kept[made_of] = build(rule, append_unknown)
        return kept[made_of]

    return builder
