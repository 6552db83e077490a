"""The one form of an e-mail address, what it is counted as, and what a new one may look like."""

from __future__ import annotations

import time

import pytest

from bff.emails import MAX_CHARACTERS, canonical, comparable, counted, may_be_asked_for, may_be_new, spellings

A_LABELS = "jane@xn--mller-kva.example"


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("jane@example.com", "jane@example.com"),
        ("Jane@EXAMPLE.Com", "Jane@example.com"),
        ("jane@müller.example", A_LABELS),
        ("jane@MÜLLER.Example", A_LABELS),
        ("jane@mu\u0308ller.example", A_LABELS),
        ("jane@XN--MLLER-KVA.example", A_LABELS),
        ("jane@müller\u3002example", A_LABELS),
        ("jane@ｅｘａｍｐｌｅ.com", "jane@example.com"),  # noqa: RUF001 - letters of full width
        ("jane@faß.example", "jane@xn--fa-hia.example"),
        ("jane@i\u2764.example", "jane@xn--i-7iq.example"),
        ("jäné@example.com", "jäné@example.com"),
        ("not-an-address", "not-an-address"),
        ("a@b@Example.com", "a@b@example.com"),
        ("jane@_dmarc.Example", "jane@_dmarc.example"),
        ("jane@\ud800.Example", "jane@\ud800.example"),
        ("", ""),
    ],
)
def test_address_has_one_form_and_the_part_before_the_at_keeps_its_own(written: str, form: str) -> None:
    assert canonical(written) == form
    assert canonical(form) == form


EDGES = ["\x00", "\x1f", "\x7f", "\x85", "\x9f", " ", "\t", "\r\n", "\xa0", "\u2003", "\u2028", "\u3000", " \x00 "]


@pytest.mark.parametrize("edge", EDGES)
def test_blanks_and_controls_are_trimmed_at_the_ends_and_refused_within(edge: str) -> None:
    assert canonical(f"{edge}jane@example.com{edge}") == "jane@example.com"
    for within in (f"ja{edge}ne@example.com", f"jane@{edge}example.com", f"jane{edge}@example.com"):
        assert not may_be_asked_for(within)
        assert not may_be_new(within)
    assert not may_be_asked_for(edge)


@pytest.mark.parametrize("edge", EDGES)
def test_control_or_blank_anywhere_makes_no_other_count(edge: str) -> None:
    for spelling in (f"{edge}jane@example.com{edge}", f"ja{edge}ne@example.com", f"jane@exam{edge}ple.com"):
        assert counted(spelling) == counted("jane@example.com")


def test_domain_has_one_count_however_it_is_written_and_two_domains_have_two() -> None:
    assert counted("jane@MÜLLER.example") == counted("JANE@XN--MLLER-KVA.EXAMPLE")
    assert counted("jane@müller.example") != counted("jane@muller.example")


@pytest.mark.parametrize("email", ["jane", "jane@", "@example.com", "jane@example", "a@b@c.de", '"x"@[192.0.2.1]', "x"])
def test_odd_address_may_be_signed_in_with_and_not_be_new(email: str) -> None:
    assert may_be_asked_for(email)
    assert not may_be_new(email)


@pytest.mark.parametrize(
    "email",
    [
        "jane@-example.com",
        "jane@example-.com",
        "jane@exa_mple.com",
        "jane@example..com",
        "jane@example.com.",
        "jane@.example.com",
        "jane@192.0.2.1",
        f"jane@{'x' * 64}.com",
        f"{'x' * 65}@example.com",
        "ja\u200bne@example.com",
        "ja\ud800ne@example.com",
    ],
)
def test_domain_that_cannot_be_one_makes_no_new_address(email: str) -> None:
    assert not may_be_new(email)


@pytest.mark.parametrize(
    "email", ["o'hara+tag@müller.example", "用户@例子.example", "a@1.example", f"a@{'x' * 63}.com"]
)
def test_odd_but_real_address_may_be_new(email: str) -> None:
    assert may_be_new(email)


def test_canonical_form_has_a_longest() -> None:
    longest = "x@" + ".".join(["y" * 49] * 5) + ".de"
    longest = "x" * (MAX_CHARACTERS - len(longest) + 1) + longest[1:]
    assert len(longest) == MAX_CHARACTERS == 254
    for admits in (may_be_asked_for, may_be_new):
        assert admits(longest)
        assert admits(f"  {longest}  ")
        assert not admits(f"x{longest}")
    # Short in letters, and too long as it is sent.
    unicode_domain = "jane@" + ".".join(["ü" * 20] * 10) + ".de"
    assert len(unicode_domain) < MAX_CHARACTERS < len(canonical(unicode_domain))
    assert not may_be_asked_for(unicode_domain)


def test_spellings_lead_from_any_form_to_what_was_noted_before_there_was_one() -> None:
    for written in ("Jane@MÜLLER.example", "jane@xn--mller-kva.example"):
        assert spellings(written)[0] == comparable(written) == A_LABELS
        assert "jane@müller.example" in spellings(written)
    assert spellings(" Jane.Doe@Example.com ") == ("jane.doe@example.com",)


def test_long_domain_costs_no_more_than_its_length() -> None:
    letters = "".join(chr(0x4E00 + (number * 7919) % 20000) for number in range(20000))
    began = time.process_time()
    assert canonical(f"jane@{letters}") == f"jane@{letters}"
    assert time.process_time() - began < 1


def test_dots_behind_the_domain_make_no_other_count() -> None:
    assert {counted(f"jane@example.com{dots}") for dots in ("", ".", "..", ".\u200b.")} == {counted("jane@example.com")}
