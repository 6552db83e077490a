"""A secret is nowhere to be read but where somebody asks for it."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
import traceback

import pytest

from bff.secret import Secret

VALUE = "the-value-itself"


@dataclasses.dataclass(frozen=True)
class Holder:
    secret: Secret[str]


@pytest.mark.parametrize(
    "shown",
    [
        repr(Secret(VALUE)),
        str(Secret(VALUE)),
        format(Secret(VALUE)),
        format(Secret(VALUE), ">40"),
        f"{Secret(VALUE)} {Secret(VALUE)!r} {Secret(VALUE)!s} {Secret(VALUE):s}",
        "%s %r" % (Secret(VALUE), Secret(VALUE)),  # noqa: UP031 - logging formats this way
        "{} {!r}".format(Secret(VALUE), Secret(VALUE)),  # noqa: UP032 - so do other libraries
        repr(Holder(Secret(VALUE))),
        repr([Secret(VALUE), {"a": Secret(VALUE.encode())}]),
        json.dumps({"a": Secret(VALUE)}, default=str),
    ],
)
def test_no_way_of_showing_shows_the_value(shown: str) -> None:
    assert VALUE not in shown
    assert "***" in shown


def test_log_line_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("bff.test").warning("met %s and %r", Secret(VALUE), {"token": Secret(VALUE)})
    assert "***" in caplog.text
    assert VALUE not in caplog.text


def test_exception_text_does_not_show_it() -> None:
    text = "".join(traceback.format_exception(ValueError("bad", Secret(VALUE))))
    assert "***" in text
    assert VALUE not in text


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(VALUE), protocol)


def test_it_is_not_copied_into_something_that_could_be_written_out() -> None:
    with pytest.raises(TypeError):
        copy.deepcopy(Secret(VALUE))
    with pytest.raises(TypeError):
        dataclasses.asdict(Holder(Secret(VALUE)))
    with pytest.raises(TypeError):
        json.dumps({"a": Secret(VALUE)})


def test_it_has_no_dictionary_to_look_into() -> None:
    with pytest.raises(TypeError):
        vars(Secret(VALUE))


def test_reveal_gives_it_back() -> None:
    assert Secret(VALUE).reveal() == VALUE
    assert Secret(b"\x00\xff").reveal() == b"\x00\xff"


def test_equal_secrets_are_equal_and_hash_alike() -> None:
    assert Secret("a") == Secret("a")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != Secret(b"a")
    assert Secret("a") != "a"
    assert Secret("ä\ud800") == Secret("ä\ud800")


def test_empty_secret_is_false() -> None:
    assert not Secret("")
    assert Secret("a")
