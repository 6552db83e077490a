"""Words with a meaning of their own in JavaScript, which no argument of a method can be called."""

from __future__ import annotations

from typing import Final

RESERVED: Final = frozenset(
    {
        "arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default",
        "delete", "do", "else", "enum", "eval", "export", "extends", "false", "finally", "for", "function", "if",
        "implements", "import", "in", "instanceof", "interface", "let", "new", "null", "package", "private",
        "protected", "public", "return", "static", "super", "switch", "this", "throw", "true", "try", "typeof",
        "var", "void", "while", "with", "yield",
    }
)  # fmt: skip
"""In a module (ECMA-262 12.7.2, 13.1.1)."""
