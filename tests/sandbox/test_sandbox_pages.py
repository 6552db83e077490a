"""The pages for people, and the same as JSON."""

from __future__ import annotations

from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.settings import SandboxSettings, SignupMode
from tests.support.sandbox.sandbox_driver import NEW_EMAIL, NEW_PASSWORD, Driver, Start


def test_home_leads_to_the_mails(driver: Driver) -> None:
    reply = driver.call("GET", "//")
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert '<html lang="en">' in reply.text
    assert 'href="/mails"' in reply.text


def test_mails_are_shown_newest_first(driver: Driver) -> None:
    driver.signup()
    driver.call("POST", "/password/reset", driver.guest(), json={"email": B2C_EMAIL})
    page = driver.call("GET", "//mails").text
    older, newer = tuple(driver.sandbox.mails)
    assert page.index(newer.token) < page.index(older.token)
    for mail in (older, newer):
        assert f'href="{mail.link}"' in page
        assert mail.subject in page
        assert mail.to in page
        assert f"<dd>{mail.purpose.value}</dd>" in page


def test_mails_are_listed_for_scripts(driver: Driver) -> None:
    assert driver.call("GET", "//mails.json").json() == []
    driver.signup()
    mail = next(iter(driver.sandbox.mails))
    assert driver.call("GET", "//mails.json").json() == [
        {
            "to": NEW_EMAIL,
            "subject": "Activate your account",
            "purpose": "optin",
            "token": mail.token,
            "link": f"http://127.0.0.1:8000/signup/optin?token={mail.token}",
        }
    ]


def test_issued_secrets_are_listed_for_scripts(driver: Driver) -> None:
    driver.guest()
    listed = driver.call("GET", "//issued.json").json()
    assert listed == [{"kind": one.kind.value, "value": one.value} for one in driver.sandbox.issued]
    assert [one["kind"] for one in listed] == ["session_id", "anonymous_access", "anonymous_refresh"]


def test_employee_approves_by_a_button(start: Start) -> None:
    driver = start(SandboxSettings(signup=SignupMode.APPROVAL))
    driver.signup()
    assert f"Approve the account of {NEW_EMAIL}" in driver.call("GET", "//mails").text
    reply = driver.call("POST", "//approve", data={"email": NEW_EMAIL}, allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/mails")
    assert "<form" not in driver.call("GET", "//mails").text
    assert driver.login_reply(NEW_EMAIL, NEW_PASSWORD).status_code == 200
    assert driver.call("POST", "//approve", data={"email": NEW_EMAIL}).status_code == 404


def test_page_escapes_what_a_visitor_typed(driver: Driver) -> None:
    driver.signup("<script>alert(1)</script>@example.com")
    page = driver.call("GET", "//mails").text
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
