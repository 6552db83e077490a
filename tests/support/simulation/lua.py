"""The Lua of the project's scripts, translated into Python: what Redis would run is what the Redis in memory runs.

Knows what these scripts use, and says so of anything else. Texts are bytes, nil is None; a missing value of Redis is
False, as Redis hands it to Lua.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

Call = Callable[..., Any]
"""`redis.call`."""
Script = Callable[[Sequence[bytes], Sequence[bytes], Call], Any]
_TOKEN: Final = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<sign>==|~=|<=|>=|\.\.|[-+*/%#(){}\[\],;=<>.]))"
)
_LEVELS: Final = (("or",), ("and",), ("<", ">", "<=", ">=", "~=", "=="), ("..",), ("+", "-"), ("*", "/", "%"))
_ENDS: Final = frozenset({"end", "else", "elseif"})


class UnknownLua(Exception):
    """A script uses what is not known here."""


def translated(text: str) -> Script:
    """Return a script as a function of its keys, its arguments and `redis.call`."""
    source = "\n".join(["def script(KEYS, ARGV, call):", *_Translation(text).block(1), "    return None"])
    scope: dict[str, Any] = {"lib": _Library}
    exec(compile(source, "<lua>", "exec"), scope)
    run: Callable[[Sequence[bytes], Sequence[bytes], Call], Any] = scope["script"]
    return lambda keys, args, call: _answer(run(keys, args, call))


def _answer(value: Any) -> Any:
    """Return what a script's client gets: numbers cut, False as nothing, a table up to its first nil."""
    if value is None or value is False:
        return None
    if isinstance(value, list):
        ends = next((at for at, one in enumerate(value) if one is None), len(value))
        return [_answer(one) for one in value[:ends]]
    return 1 if value is True else int(value) if isinstance(value, int | float) else value


class _Library:
    """What the translated text calls."""

    @staticmethod
    def true(value: Any) -> bool:
        return value is not None and value is not False

    @staticmethod
    def number(value: Any) -> float | int:
        if isinstance(value, bytes):
            value = float(value) if b"." in value or b"e" in value or b"inf" in value else int(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UnknownLua(f"no number: {value!r}")
        return value

    @staticmethod
    def tonumber(value: Any) -> float | int | None:
        try:
            return _Library.number(value)
        except (ValueError, UnknownLua):
            return None

    @staticmethod
    def text(value: Any) -> bytes:
        if isinstance(value, bytes):
            return value
        return b"%d" % value if value == int(value) else b"%.14g" % value

    @staticmethod
    def either(value: Any, other: Callable[[], Any]) -> Any:
        return value if _Library.true(value) else other()

    @staticmethod
    def both(value: Any, other: Callable[[], Any]) -> Any:
        return other() if _Library.true(value) else value

    @staticmethod
    def at(table: Sequence[Any], index: Any) -> Any:
        return table[index - 1] if 1 <= index <= len(table) else None

    @staticmethod
    def sub(value: bytes, first: int, last: int) -> bytes:
        return value[first - 1 : last]

    @staticmethod
    def format(pattern: bytes, *values: Any) -> bytes:
        return pattern % tuple(int(_Library.number(one)) for one in values)

    max = staticmethod(lambda *values: max(_Library.number(one) for one in values))
    ceil = staticmethod(lambda value: math.ceil(_Library.number(value)))


_FUNCTIONS: Final = {
    "redis.call": "call",
    "tonumber": "lib.tonumber",
    "math.max": "lib.max",
    "math.ceil": "lib.ceil",
    "string.sub": "lib.sub",
    "string.format": "lib.format",
}
_ARITHMETIC: Final = {"<", ">", "<=", ">=", "+", "-", "*", "/", "%"}


class _Translation:
    """Reads one script from its first token to its last."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        at, text = 0, text.strip() + "\n"
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise UnknownLua(text[at : at + 40])
            self._tokens.append(found[0].strip().splitlines()[-1].strip())
            at = found.end()
        self._at = 0

    def block(self, depth: int) -> list[str]:
        """Translate statements up to the end of their block."""
        lines: list[str] = []
        while self._next not in _ENDS and self._next:
            lines += ["    " * depth + line for line in self._statement()]
        return lines or ["    " * depth + "pass"]

    @property
    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, *expected: str) -> str:
        token = self._next
        if expected and token not in expected:
            raise UnknownLua(f"{token!r} where {expected} belongs")
        self._at += 1
        return token

    def _statement(self) -> list[str]:
        if self._next == ";":
            self._take()
            return []
        if self._next == "if":
            return self._if()
        if self._next == "return":
            self._take()
            return [f"return {self._expression()}"]
        if self._next == "local" or self._tokens[self._at + 1] == "=":
            if self._next == "local":
                self._take()
            names = [f"v_{self._take()}"]
            while self._next == ",":
                self._take()
                names.append(f"v_{self._take()}")
            self._take("=")
            return [f"{', '.join(names)} = {', '.join(self._list())}"]
        return [self._expression()]

    def _if(self) -> list[str]:
        self._take("if")
        lines = [f"if lib.true({self._condition()}):", *self.block(1)]
        while (token := self._take("end", "else", "elseif")) != "end":
            head = "else:" if token == "else" else f"elif lib.true({self._condition()}):"
            lines += [head, *self.block(1)]
        return lines

    def _condition(self) -> str:
        expression = self._expression()
        self._take("then")
        return expression

    def _list(self) -> list[str]:
        values = [self._expression()]
        while self._next == ",":
            self._take()
            values.append(self._expression())
        return values

    def _expression(self, level: int = 0) -> str:
        if level == len(_LEVELS):
            return self._unary()
        left = self._expression(level + 1)
        while self._next in _LEVELS[level]:
            sign = self._take()
            right = self._expression(level + 1)
            if sign in ("or", "and"):
                left = f"lib.{'either' if sign == 'or' else 'both'}({left}, lambda: {right})"
            elif sign == "..":
                left = f"(lib.text({left}) + lib.text({right}))"
            elif sign in _ARITHMETIC:
                left = f"(lib.number({left}) {sign} lib.number({right}))"
            else:
                left = f"({left} {'!=' if sign == '~=' else sign} {right})"
        return left

    def _unary(self) -> str:
        if self._next == "not":
            self._take()
            return f"(not lib.true({self._unary()}))"
        if self._next == "#":
            self._take()
            return f"len({self._unary()})"
        if self._next == "-":
            self._take()
            return f"(-lib.number({self._unary()}))"
        return self._postfix()

    def _postfix(self) -> str:
        value = self._primary()
        while self._next == "[":
            self._take()
            value = f"lib.at({value}, {self._expression()})"
            self._take("]")
        return value

    def _primary(self) -> str:
        token = self._take()
        if token == "(":
            inner = self._expression()
            self._take(")")
            return f"({inner})"
        if token == "{":
            values = [] if self._next == "}" else self._list()
            self._take("}")
            return f"[{', '.join(values)}]"
        if token[0] in "'\"":
            return repr(token[1:-1].encode())
        if token in ("true", "false", "nil"):
            return {"true": "True", "false": "False", "nil": "None"}[token]
        if token[0].isdigit() or token in ("KEYS", "ARGV"):
            return token
        while self._next == ".":
            self._take()
            token += "." + self._take()
        if self._next != "(":
            if not token.isidentifier():
                raise UnknownLua(token)
            return f"v_{token}"
        if token not in _FUNCTIONS:
            raise UnknownLua(token)
        self._take("(")
        values = [] if self._next == ")" else self._list()
        self._take(")")
        return f"{_FUNCTIONS[token]}({', '.join(values)})"
