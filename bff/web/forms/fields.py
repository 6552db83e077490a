"""What the forms are made of: fields, the checks on them, and the base that all forms share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, cast

from flask import request
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import Field, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, StopValidation
from wtforms.widgets import Select

from bff import emails
from bff.account.passwords import Weakness, weakness_of
from bff.operations.schemas import (
    MAX_PASSWORD_CHARACTERS,
    MAX_TAG_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    MAX_TOKEN_CHARACTERS,
    MIN_PASSWORD_CHARACTERS,
)
from bff.web.forms.binding import Models
from bff.web.forms.choices import Offer
from bff.web.forms.controls import drawn, hidden
from bff.web.language import lazy_gettext as _
from bff.web.page_tokens import page_token

BILLING = "BILLING"
SHIPPING = "SHIPPING"

Validator = Callable[[FlaskForm, Any], object]

_LIKE_AN_EMAIL = _("Enter an e-mail address like name@example.com")


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def at_most(characters: int) -> Length:
    """Return a validator that limits the length."""
    return Length(max=characters, message=_("Use at most %(count)d characters", count=characters))


def good_password(form: FlaskForm, field: Field) -> None:
    """Demand a new password that is long enough and not among those that are guessed first."""
    match weakness_of(field.data):
        case Weakness.TOO_SHORT:
            raise StopValidation(_("Use at least %(count)d characters", count=MIN_PASSWORD_CHARACTERS))
        case Weakness.TOO_COMMON:
            raise StopValidation(_("This password is too common. Choose another one"))


class StateField(StringField):
    """A text, or a choice where the states of the country are known."""

    choices: Offer

    def offer(self, choices: Offer) -> None:
        """Become a choice."""
        self.choices, self.widget = choices, cast("Any", Select())


def state_field() -> StateField:
    """Return a field for a part of a country."""
    return StateField(filters=[_stripped], validators=[at_most(MAX_TEXT_CHARACTERS)])


def text_field(*validators: Validator, most: int = MAX_TEXT_CHARACTERS) -> StringField:
    """Return a field for one line of text."""
    return StringField(filters=[_stripped], validators=[*validators, at_most(most)])


def email_field(*validators: Validator) -> StringField:
    """Return a field for an e-mail address that may exist already, however odd it looks."""
    return _email_field(*validators, at_most(emails.MAX_CHARACTERS), _could_be_an_email)


def new_email_field(*validators: Validator) -> StringField:
    """Return a field for an e-mail address that an account gets."""
    return _email_field(*validators, _looks_like_an_email, at_most(emails.MAX_CHARACTERS))


def _email_field(*validators: Validator) -> StringField:
    return StringField(filters=[_trimmed], validators=validators)


def _trimmed(value: Any) -> Any:
    return emails.trimmed(value) if isinstance(value, str) else value


def _could_be_an_email(form: FlaskForm, field: Field) -> None:
    if field.data and not emails.may_be_asked_for(field.data):
        raise StopValidation(_LIKE_AN_EMAIL)


def _looks_like_an_email(form: FlaskForm, field: Field) -> None:
    if field.data and not emails.may_be_new(field.data):
        raise StopValidation(_LIKE_AN_EMAIL)


def password_field(message: str, *validators: Validator) -> PasswordField:
    """Return a field for a password; it is taken as it is, blanks and all."""
    return PasswordField(validators=[InputRequired(message), at_most(MAX_PASSWORD_CHARACTERS), *validators])


def short_tags(form: FlaskForm, field: Field) -> None:
    """Refuse a tag that upstream could not keep."""
    if any(len(tag) > MAX_TAG_CHARACTERS for tag in split_tags(field.data)):
        raise StopValidation(_("Use at most %(count)d characters for each tag", count=MAX_TAG_CHARACTERS))


def split_tags(text: str | None) -> list[str]:
    """Return the tags of a text that separates them by commas."""
    return [tag.strip() for tag in (text or "").split(",") if tag.strip()]


def version_of(form: FlaskForm) -> dict[str, Any]:
    """Return what a change sends so that upstream can tell whether another change was made meanwhile."""
    sent = form.version.data or ""
    return {"metadata": {"version": int(sent)}} if sent.isdecimal() and len(sent) < 16 else {}


def entered(form: FlaskForm, names: Iterable[str]) -> dict[str, str]:
    """Return the texts to send: what the page could not show, and was left empty, stays as upstream has it."""
    unshown = (form.unshown.data or "").split(",")
    return {name: form[name].data or "" for name in names if form[name].data or name not in unshown}


def tag_list(form: FlaskForm) -> list[str]:
    """Return the tags of a form with two boxes and a text, the usual ones first, each once."""
    usual = [name for name, on in ((BILLING, form.billing.data), (SHIPPING, form.shipping.data)) if on]
    return list(dict.fromkeys([*usual, *split_tags(form.tags.data)]))


def token_field() -> HiddenField:
    """Return the hidden field of a mailed token."""
    return HiddenField(validators=[at_most(MAX_TOKEN_CHARACTERS)])


_MODELS = Models()


class _PageCsrf(FlaskForm.Meta.csrf_class):
    """Flask-WTF's, with the token that all of a page's forms share."""

    def generate_csrf_token(self, csrf_token_field: Field) -> str:
        return page_token()


class PageForm(FlaskForm):
    """What all forms share: whose page it was made for, and which fields are never shown again."""

    owner = HiddenField()
    """Keyed hash of the customer the page was made for, and of the browser; a draft is shown to this customer alone."""

    never_shown_again: ClassVar[frozenset[str]] = frozenset(
        {"password", "currentPassword", "newPassword", "csrf_token", "owner", "token"}
    )
    """Not kept in a draft, not filled in after an error."""

    class Meta:
        """How Flask-WTF treats them."""

        locales = False
        csrf = True
        csrf_class = _PageCsrf

        def bind_field(self, form: FlaskForm, unbound_field: Any, options: dict[str, Any]) -> Any:
            """Make a field that a form declares."""
            return _MODELS.bind(form, unbound_field, options)

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """Read form fields and nothing else: no uploaded files, no JSON. None: there is nothing to read."""
            return None if formdata is None else request.form

        def render_field(self, field: Field, render_kw: dict[str, Any]) -> Any:
            """Render a control."""
            return drawn(field, render_kw)

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Check every field and keep the first message of each; the later ones follow from the same mistake."""
        right: bool = super().validate(extra_validators)
        for field in self:
            field.errors = [str(message) for message in field.errors[:1]]
        return right

    def hidden_tag(self, *fields: Field | str) -> Markup:
        """Return the hidden fields in one go; some of them alone as Flask-WTF does it."""
        return super().hidden_tag(*fields) if fields else hidden(self)

    def take_version(self, version: int | None) -> None:
        """Base the form on a newer version of its record, whatever was sent."""
        self.version.data, self.version.raw_data = "" if version is None else str(version), None

    def typed(self) -> dict[str, Any]:
        """Return what may be kept of the entries."""
        return {field.name: field.data for field in self if field.name not in self.never_shown_again}

    def typed_beside(self, earlier: Mapping[str, Any]) -> dict[str, Any]:
        """Return what may be kept of the entries, where `earlier` ones of the same page wait already."""
        return self.typed()
