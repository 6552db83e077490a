"""Controls, drawn to the byte as WTForms' own widgets draw them, but each attribute escaped once and in one go.
A field that says by `autocomplete` what it is for gets what a phone's keyboard is told of it, too.

The options of a select that everybody has are drawn once; what a record alone holds is put in where it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from markupsafe import Markup, escape
from wtforms.widgets import CheckboxInput, HiddenInput, Input, PasswordInput, RadioInput, Select, TextInput

from bff.web.forms.choices import Offer

_INPUTS = frozenset({TextInput, HiddenInput, PasswordInput, CheckboxInput, RadioInput})
_NOT_DERIVED = {"required": False, "maxlength": False}
"""With `maxlength` a browser silently cuts what is pasted, a password above all. Labels and messages say what is
required."""

_NOTHING: Final[Mapping[str, str]] = {}
_NAMED: Final[Mapping[str, str]] = {"dir": "auto", "enterkeyhint": "next"}
_FOR_PURPOSE: Final[Mapping[str, Mapping[str, str]]] = {
    **dict.fromkeys(("name", "given-name", "additional-name", "family-name", "organization"), _NAMED),
    **dict.fromkeys(("address-line1", "address-line2", "address-line3"), _NAMED),
    **dict.fromkeys(("address-level1", "address-level2", "address-level3"), _NAMED),
    "postal-code": {"enterkeyhint": "next"},
    "email": {"inputmode": "email", "enterkeyhint": "next"},
    "username": {"inputmode": "email", "enterkeyhint": "next"},
    "tel": {"inputmode": "tel", "enterkeyhint": "next"},
    "current-password": {"enterkeyhint": "go"},
    "new-password": {"enterkeyhint": "done"},
}
"""What a field's `autocomplete` says of the keyboard, and of the direction that a name is written in."""

_SPECIAL = re.compile(r"""[&<>'"]""").search
"""Nearly every text has nothing to escape, which is told sooner than it is copied."""


def drawn(field: Any, attributes: Mapping[str, Any]) -> Markup:
    """Return a field's control, without the attributes that WTForms derives from validators."""
    kind = type(field.widget)
    if kind in _INPUTS:
        return _input(field, field.widget, kind, attributes)
    if kind is Select and isinstance(field.choices, Offer):
        return Markup(  # nosec B704 # noqa: S704 - every part is escaped
            f"<select {_written({'id': field.id, 'name': field.name, **attributes})}>"
            f"{field.choices.options(field.data)}</select>"
        )
    control: Markup = field.widget(field, **{**_NOT_DERIVED, **attributes})
    return control


def hidden(fields: Iterable[Any]) -> Markup:
    """Return those of the fields that nobody sees."""
    return Markup(  # nosec B704 # noqa: S704 - names of ours, and escaped values
        "\n".join(
            f'<input id="{one.id}" name="{one.name}" type="hidden" value="{_quoted(one._value())}">'
            for one in fields
            if type(one.widget) is HiddenInput
        )
    )


def _input(field: Any, widget: Input, kind: type[Input], attributes: Mapping[str, Any]) -> Markup:
    # An option of a radio field knows whether it is the one that is chosen; a box, what it holds.
    if kind is CheckboxInput or kind is RadioInput:
        given = {"checked": bool(getattr(field, "checked", field.data)), "value": field._value()}
    else:
        given = {"value": "" if kind is PasswordInput else field._value()}
    every = {"id": field.id, "name": field.name, "type": widget.input_type, **given}
    every |= {**_FOR_PURPOSE.get(attributes.get("autocomplete", ""), _NOTHING), **attributes}
    return Markup(f"<input {_written(every)}>")  # nosec B704 # noqa: S704 - every part is escaped


def _written(attributes: Mapping[str, Any]) -> str:
    """Return attributes by name, as WTForms' `html_params` does."""
    parts = []
    for name, value in sorted(attributes.items()):
        if value is True:
            parts.append(_attribute(name))
        elif value is not False:
            parts.append(f'{_attribute(name)}="{_quoted(value)}"')
    return " ".join(parts)


@lru_cache(maxsize=256)
def _attribute(name: str) -> str:
    """Return the attribute that an argument stands for: `class_`, `aria_invalid`."""
    name = name.rstrip("_")
    return name.replace("_", "-") if name.startswith(("aria_", "data_")) else name


def _quoted(value: Any) -> str:
    if type(value) is str:
        return escape(value) if _SPECIAL(value) else value
    # Markup is left as it is, and may have quotation marks.
    return str.replace(escape(value), '"', "&quot;")
