"""Jinja as pages use it: every language has templates of its own, in which words and paths of ours are text by then.

Compiled once, such a page asks no catalogue for a text that is the same for everybody. What depends on a request (a
number of things, a text from elsewhere) is translated while the page is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, cast

from flask import Flask
from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from jinja2.utils import missing
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

_TRANSLATES: Final = frozenset({"_", "gettext"})
_STATIC: Final = "static"
_MARK: Final = "jinja_pass_arg"
"""What `pass_context` and its like put on a callable."""
_MADE_WHILE_RENDERED: Final = (nodes.EvalContextModifier, nodes.ScopedEvalContextModifier)
"""`{% autoescape %}`: how a text is escaped is not known before."""


class PageContext(Context):
    """Calls what pages are made of straight away: Jinja looks at length for what it may want to be handed."""

    def call(self, obj: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call something from a template."""
        if type(obj) is Macro and not (obj.caller or obj.catch_varargs) and len(args) <= obj._argument_count:
            return self._written(obj, args, kwargs)
        if _wants_more(obj):
            return super().call(obj, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        try:
            return obj(*args, **kwargs)
        except StopIteration:
            # Let through, it would end the page here.
            return self.environment.undefined("nothing is left")

    def _written(self, macro: Macro, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        values = [*args, *[kwargs.pop(name, missing) for name in macro.arguments[len(args) :]]]
        if macro.catch_kwargs:
            values.append(kwargs)
        elif kwargs:
            raise TypeError(f"macro {macro.name!r} takes no keyword argument {next(iter(kwargs))!r}")
        text = macro._func(*values)
        return Markup(text) if self.eval_ctx.autoescape else text  # nosec B704 # noqa: S704 - a macro escapes what it is given


def _wants_more(called: Any) -> bool:
    """Tell whether Jinja is to hand a callable the context, too; what is none is left to Jinja to complain of."""
    return not callable(called) or hasattr(called, _MARK) or hasattr(called.__call__, _MARK)


class _PageGenerator(CodeGenerator):
    """Writes what is put into a page by `shown`, and not by MarkupSafe's `escape`, which makes Markup anew of each."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.shown(")


class PageEnvironment(Environment):
    """Flask's environment, and what it knows of a language."""

    code_generator_class = _PageGenerator
    context_class = PageContext
    language: str | None = None
    """None: templates are for every language, and look their texts up."""
    translate: Callable[[str], str]

    def in_language(self, language: str, translate: Callable[[str], str]) -> PageEnvironment:
        """Return the same environment for one language; whatever is registered with one is registered with both."""
        # Jinja shares everything with an overlay but the cache of templates.
        own = self.overlay()
        own.language, own.translate = language, translate
        # One that is kept somewhere goes by a template's text alone, and would take one language's code for another's.
        own.bytecode_cache = None
        return own

    @staticmethod
    def shown(value: Any) -> str:
        """Return a value as it stands in a page."""
        return value if type(value) is Markup else escape(value)

    def make_globals(self, d: Any) -> Any:
        """Return the globals of a template: those of the environment, and no chain of maps to be copied each time."""
        return self.globals if d is None else super().make_globals(d)

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        if self.language is not None and next(source.find_all(_MADE_WHILE_RENDERED), None) is None:
            _Settled(self, source, self._escapes(name)).visit(source)
        return super()._generate(source, name, filename, defer_init)

    def static_url(self, filename: str) -> str:
        """Return what `url_for` returns for a static file, without a request."""
        values = {"filename": filename}
        self.app.inject_url_defaults(_STATIC, values)
        return self.app.url_map.bind("").build(_STATIC, values)

    def _escapes(self, name: str | None) -> bool:
        return self.autoescape(name) if callable(self.autoescape) else self.autoescape


class _Settled(NodeTransformer):
    """Puts texts where a template asks for what is settled once its language is."""

    def __init__(self, environment: PageEnvironment, source: nodes.Template, escapes: bool) -> None:
        self._environment = environment
        self._escapes = escapes
        # A name that the template gives a meaning of its own is not ours.
        self._taken = {one.name for one in source.find_all(nodes.Name) if one.ctx != "load"}
        self._taken.update(one.target for one in source.find_all(nodes.Import))
        for names in (one.names for one in source.find_all(nodes.FromImport)):
            self._taken.update(name if isinstance(name, str) else name[1] for name in names)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802
        """Translate, and name the language and static files."""
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name) or node.node.name in self._taken or node.dyn_args or node.dyn_kwargs:
            return node
        name = node.node.name
        if name in _TRANSLATES and len(node.args) == 1 and isinstance(message := node.args[0], nodes.Const):
            return self._translated(node, message.value)
        if name == "language" and not node.args and not node.kwargs:
            return nodes.Const(self._environment.language, lineno=node.lineno)
        return self._static(node) if name == "url_for" else node

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802
        """Name a path of ours."""
        if not isinstance(node.node, nodes.Name) or node.node.name != "paths" or "paths" in self._taken:
            return self.generic_visit(node)
        paths = cast("Mapping[str, object]", self._environment.globals["paths"])
        path = paths.get(node.attr)
        return nodes.Const(path, lineno=node.lineno) if isinstance(path, str) else node

    def _translated(self, node: nodes.Call, message: str) -> nodes.Node:
        text = self._environment.translate(message)
        text = Markup(text) if self._escapes else text  # nosec B704 # noqa: S704 - as Jinja takes a catalogue's texts
        if node.kwargs:
            values = nodes.Dict([nodes.Pair(nodes.Const(one.key), one.value) for one in node.kwargs])
            return nodes.Mod(nodes.Const(text), values, lineno=node.lineno)
        try:
            return nodes.Const(text % {}, lineno=node.lineno)
        except (KeyError, TypeError, ValueError):
            # It is to be told where the page is made, as ever.
            return node

    def _static(self, node: nodes.Call) -> nodes.Node:
        if len(node.args) != 1 or len(node.kwargs) != 1 or node.kwargs[0].key != "filename":
            return node
        endpoint, filename = node.args[0], node.kwargs[0].value
        if not isinstance(endpoint, nodes.Const) or not isinstance(filename, nodes.Const):
            return node
        if endpoint.value != _STATIC:
            return node
        return nodes.Const(self._environment.static_url(filename.value), lineno=node.lineno)


def breakable(email: str | None) -> Markup:
    """Return an e-mail address that goes on in another line after its `@` or a dot, and within no word."""
    return Markup("<wbr>").join(re.split(r"(?<=[@.])", email or ""))


def register_templates(app: Flask, translations: Mapping[str, Callable[[str], str]]) -> None:
    """Make an environment for each language."""
    shared = cast("PageEnvironment", app.jinja_env)
    shared.filters["breakable"] = breakable
    app.extensions["templates"] = MappingProxyType(
        {language: shared.in_language(language, translate) for language, translate in translations.items()}
    )


def page_template(app: Flask, name: str, language: str) -> Template:
    """Return a template, compiled for a language."""
    environments: Mapping[str, PageEnvironment] = app.extensions["templates"]
    return environments[language].get_template(name)
