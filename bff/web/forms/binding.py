"""Fields of a form, made by copying: WTForms sets up each anew for every form, with what never differs between two.

Copied are those kinds alone whose parts are replaced, never changed, when a form is filled in.
"""

from __future__ import annotations

from typing import Any, Final

from wtforms import BooleanField, HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.csrf.core import CSRFTokenField

_KINDS: Final = frozenset(
    {BooleanField, HiddenField, PasswordField, RadioField, SelectField, StringField, CSRFTokenField}
)
_A_FORMS_OWN: Final = ("_form", "meta", "csrf_impl")
"""What belongs to one form, and must not be kept with the others'."""


class Models:
    """What the fields of forms are copied from: one of each field that any form declares."""

    def __init__(self) -> None:
        self._models: dict[tuple[type, str], dict[str, Any]] = {}

    def bind(self, form: Any, unbound: Any, options: dict[str, Any]) -> Any:
        """Return a field of a form, as `unbound.bind` does."""
        kind, key = unbound.field_class, (type(form), options["name"])
        if kind not in _KINDS or options.get("prefix"):
            return unbound.bind(form=form, **options)
        model = self._models.get(key)
        if model is None:
            field = unbound.bind(form=form, **options)
            self._models[key] = {name: value for name, value in vars(field).items() if name not in _A_FORMS_OWN}
            return field
        field = object.__new__(kind)
        field.__dict__.update(model, _form=form, meta=form.meta)
        if kind is CSRFTokenField:
            field.csrf_impl = unbound.kwargs["csrf_impl"]
        return field
