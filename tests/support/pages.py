"""A visitor of the pages, without JavaScript: reads forms out of the HTML, fills them in, sends them, follows 303s.

A field that is filled in has to be in the page, and what is sent is what a browser would send.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from werkzeug.test import TestResponse

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from tests.support.shop import Browser, Shop

Values = dict[str, str]
TO_ULM: Values = {
    "contactName": "Jane Doe",
    "street": "Münsterplatz 1",
    "zipCode": "89073",
    "city": "Ulm",
    "country": "DE",
}
"""An address that a parcel reaches."""
_MOST_REDIRECTS = 4
WHOLE_PROFILE = (
    "/account?change=name&change=email&change=phone&change=company&change=language&change=currency&change=site"
)
"""The profile's page with all that can be changed."""


@dataclass(kw_only=True)
class Form:
    """One form of a page, as it would be sent."""

    action: str
    method: str
    values: Values = field(default_factory=dict)
    """Every field that would be sent as the page stands."""
    choices: dict[str, list[str]] = field(default_factory=dict)
    """What a field may be set to, where the page limits that."""
    fields: set[str] = field(default_factory=set)
    """Every name there is, unchecked boxes included."""

    def filled(self, entries: Mapping[str, str | bool | None]) -> Values:
        """Return what is sent with other entries; True and False check and uncheck, None leaves a field out."""
        values = dict(self.values)
        for name, entry in entries.items():
            assert name in self.fields, f"the page has no field {name}: {sorted(self.fields)}"
            if entry is None or entry is False:
                values.pop(name, None)
            elif entry is True:
                (values[name],) = self.choices[name]
            else:
                assert name not in self.choices or entry in self.choices[name], (name, entry, self.choices[name])
                values[name] = entry
        return values


class Page(HTMLParser):
    """What a test asks of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.language: str | None = None
        self.title = ""
        self.heading = ""
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.goes_on_to: str | None = None
        """Where it leads to by itself, at once."""
        self._form: Form | None = None
        self._select: str | None = None
        self._within: str | None = None
        self._described: dict[str, list[str]] = {}
        self._text_of_id: dict[str, str] = {}
        self._open_ids: list[tuple[str, str]] = []
        self._words: list[str] = []
        self._goes_on = False
        """A word goes on that a browser may break here."""
        self.feed(text)

    @property
    def words(self) -> str:
        """Its text, blanks folded."""
        return re.sub(r"\s+", " ", " ".join(self._words)).strip()

    def form(self, action: str) -> Form:
        """Return the form that is sent to a path."""
        found = [form for form in self.forms if form.action.partition("?")[0] == action]
        assert found, f"no form is sent to {action}: {[form.action for form in self.forms]}"
        return found[0]

    def error(self, name: str) -> str | None:
        """Return what is said to be wrong with a field, if anything is."""
        ids = [one for one in self._described.get(name, []) if one.endswith("-error")]
        return " ".join(re.sub(r"\s+", " ", self._text_of_id[one]).strip() for one in ids) or None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        name = attributes.get("name")
        if tag == "html":
            self.language = attributes.get("lang")
        elif tag == "meta" and attributes.get("http-equiv") == "refresh":
            self.goes_on_to = attributes["content"].removeprefix("0; url=")
        elif tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        elif tag == "form":
            assert self._form is None, "a form within a form"
            self._form = Form(action=attributes["action"], method=attributes.get("method", "get"))
            self.forms.append(self._form)
        elif tag in ("input", "select", "textarea") and name and self._form is not None:
            self._form.fields.add(name)
            if ids := attributes.get("aria-describedby"):
                self._described[name] = ids.split()
            if tag == "select":
                self._select = name
                self._form.choices[name] = []
            else:
                self._input(self._form, name, attributes)
        elif tag == "option" and self._form is not None and self._select is not None:
            options = self._form.choices[self._select]
            options.append(attributes.get("value", ""))
            if "selected" in attributes or len(options) == 1:
                self._form.values[self._select] = options[-1]
        elif tag in ("title", "h1", "script", "style"):
            self._within = tag
        elif tag == "wbr":
            self._goes_on = True
        if "id" in attributes and tag == "p":
            self._open_ids.append((tag, attributes["id"]))
            self._text_of_id[attributes["id"]] = ""

    def _input(self, form: Form, name: str, attributes: Mapping[str, str]) -> None:
        kind = attributes.get("type", "text")
        if kind in ("checkbox", "radio"):
            form.choices.setdefault(name, []).append(attributes.get("value", "on"))
            if "checked" in attributes:
                form.values[name] = attributes.get("value", "on")
        else:
            assert kind in ("text", "email", "tel", "password", "hidden", "search", "number"), kind
            assert kind != "password" or not attributes.get("value"), "a password stands in the page"
            form.values[name] = attributes.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == self._within:
            self._within = None
        if self._open_ids and self._open_ids[-1][0] == tag:
            self._open_ids.pop()

    def handle_data(self, data: str) -> None:
        if self._within == "title":
            self.title += data.strip()
        elif self._within == "h1":
            self.heading += data.strip()
        if self._goes_on:
            self._words[-1] += data
            self._goes_on = False
        elif self._within not in ("script", "style"):
            self._words.append(data)
        for _, one in self._open_ids:
            self._text_of_id[one] += data


class PageBrowser:
    """One visitor of the pages. `answer` is the last response, `page` what it shows."""

    def __init__(self, browser: Browser, *, headers: Mapping[str, str] | None = None) -> None:
        self.browser = browser
        self.headers = dict(headers or {})
        """Sent along with everything."""
        self.answer: TestResponse = None  # type: ignore[assignment]  # nothing is asked of it before the first request
        self.page = Page("")

    @property
    def status(self) -> int:
        """The last answer's."""
        return self.answer.status_code

    @property
    def location(self) -> str | None:
        """Where the last answer leads to."""
        return self.answer.headers.get("Location")

    def get(self, path: str, **kwargs: Any) -> Page:
        """Open a page; redirects are not followed."""
        return self._keep(self._open(path, "GET", **kwargs))

    def open_form(self, action: str) -> Page:
        """Open the page that has the whole form of an action."""
        return self.get(WHOLE_PROFILE if action == "/account" else action)

    def visit(self, path: str) -> Page:
        """Open a page as a browser does, wherever it leads to."""
        self.get(path)
        return self.follow()

    def follow(self) -> Page:
        """Go where the last answer leads to, until it is a page."""
        for _ in range(_MOST_REDIRECTS):
            if self.page.goes_on_to is not None:
                self.get(self.page.goes_on_to, headers={"Referer": f"{self.browser.base_url}/"})
            elif self.status == 303:
                assert self.location is not None
                self.get(self.location)
            else:
                return self.page
        raise AssertionError(f"led round and round to {self.location or self.page.goes_on_to}")

    def send(self, action: str, _headers: Mapping[str, str] | None = None, /, **entries: str | bool | None) -> Page:
        """Fill in the page's form of that action and send it; redirects are not followed."""
        form = self.page.form(action)
        assert form.method.lower() == "post"
        return self.post(form.action, form.filled(entries), headers=_headers)

    def post(self, path: str, values: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Page:
        """Send values that no page asked for."""
        return self._keep(self._open(path, "POST", data=dict(values), headers=headers))

    def fork(self, shop: Shop) -> PageBrowser:
        """Return another tab: the same cookie, and this page in it."""
        other = shop.browser()
        other.cookie = self.browser.cookie
        tab = PageBrowser(other, headers=self.headers)
        tab.answer, tab.page = self.answer, self.page
        return tab

    def sign_in(self, email: str = B2C_EMAIL, password: str = B2C_PASSWORD) -> Page:
        """Sign in by the page; leaves off where the 303 leads to."""
        self.visit("/login")
        self.send("/login", email=email, password=password)
        assert self.status == 303, self.page.words
        return self.page

    def _open(self, path: str, method: str, *, headers: Mapping[str, str] | None = None, **kwargs: Any) -> TestResponse:
        return self.browser.client.open(
            path,
            method=method,
            base_url=self.browser.base_url,
            headers={**self.headers, **(headers or {})},
            buffered=True,
            **kwargs,
        )

    def _keep(self, answer: TestResponse) -> Page:
        self.answer, self.page = answer, Page(answer.get_data(as_text=True))
        return self.page


def visitor(shop: Shop, **headers: str) -> PageBrowser:
    """Return somebody who has never been here."""
    return PageBrowser(shop.browser(), headers={name.replace("_", "-"): value for name, value in headers.items()})


def customer(shop: Shop, email: str = B2C_EMAIL, password: str = B2C_PASSWORD, **headers: str) -> PageBrowser:
    """Return somebody who has signed in by the page."""
    somebody = visitor(shop, **headers)
    somebody.sign_in(email, password)
    return somebody


def less_what_is_random(page: Page) -> str:
    """Return the page's text without what is made anew for each page (CSRF tokens, keys of forms), e-mails in one."""
    text = page.text.replace("<wbr>", "")
    for form in page.forms:
        for name in ("csrf_token", "formKey"):
            text = text.replace(form.values.get(name) or "\0", "")
    return text


def reveal_nothing_of(page: Page, *secrets: str) -> None:
    """Assert that none of the texts stands in the page."""
    for secret in secrets:
        assert secret not in page.text, secret
