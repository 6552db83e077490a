"""How a configuration value is written: one parser for each kind, text in, value out.

Parsers are strict where Python is generous (`int` takes `1_000`, a space and Arabic digits; `urlsplit` drops
what it does not like), since a value that is read otherwise than its author meant is worse than a refused
one. They raise `UnacceptableError` with a text that does not repeat the value, and of what a path names they
look at no more than whether it is there.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import SplitResult, urlsplit

from bff.config.environment import UnacceptableError
from bff.secret import Secret

E = TypeVar("E", bound=StrEnum)

KEY_BYTES: Final = 32
UNIT_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
DEFAULT_PORTS: Final = {"https": 443, "http": 80}
LONGEST_LINK: Final = 500
HOST_NAME: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")


def matching(pattern: str, what: str, *, longest: int = 200) -> Callable[[str], str]:
    """Make a parser for text that matches as a whole; `what` says what is expected, after 'must be'."""
    compiled = re.compile(pattern)

    def parse(value: str) -> str:
        if len(value) > longest or not compiled.fullmatch(value):
            raise UnacceptableError(f"must be {what}")
        return value

    return parse


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """Make a parser for a whole number in a range, ends included."""

    def parse(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", value) or not lowest <= int(value) <= highest:
            raise UnacceptableError(f"must be a whole number from {lowest} to {highest}")
        return int(value)

    return parse


def seconds_up_to(highest: int) -> Callable[[str], float]:
    """Make a parser for a time in seconds, more than none; a fraction is allowed."""

    def parse(value: str) -> float:
        if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", value) or not 0 < float(value) <= highest:
            raise UnacceptableError(f"must be a number of seconds above 0 and up to {highest}")
        return float(value)

    return parse


def switch(value: str) -> bool:
    """Read a setting that is on or off."""
    lowered = value.lower()
    if lowered in {"on", "true", "1"}:
        return True
    if lowered in {"off", "false", "0"}:
        return False
    raise UnacceptableError("must be on or off")


def choice(options: type[E]) -> Callable[[str], E]:
    """Make a parser for one of the words of an enum, in upper or lower case."""
    by_word = {option.value.lower(): option for option in options}

    def parse(value: str) -> E:
        if value.lower() not in by_word:
            raise UnacceptableError(f"must be one of {', '.join(option.value for option in options)}")
        return by_word[value.lower()]

    return parse


def choices(options: type[E]) -> Callable[[str], frozenset[E]]:
    """Make a parser for a comma-separated list of an enum's words, none twice."""
    item = choice(options)

    def parse(value: str) -> frozenset[E]:
        try:
            items = [item(part.strip()) for part in value.split(",")]
        except UnacceptableError:
            known = ", ".join(option.value for option in options)
            raise UnacceptableError(f"must be some of {known}, with ',' between them") from None
        if len(set(items)) < len(items):
            raise UnacceptableError("names something twice")
        return frozenset(items)

    return parse


def words(pattern: str, what: str) -> Callable[[str], tuple[str, ...]]:
    """Make a parser for a comma-separated list, each item matching and none twice."""
    item = matching(pattern, what)

    def parse(value: str) -> tuple[str, ...]:
        items = tuple(item(part.strip()) for part in value.split(","))
        if len(set(items)) < len(items):
            raise UnacceptableError("names something twice")
        return items

    return parse


def rates(value: str, *numbers: int) -> tuple[tuple[int, int], ...] | None:
    """Read one of these numbers of rates, `;` between them, as (count, window in seconds); None where it says `off`."""
    if value.lower() == "off":
        return None
    parts = value.split(";")
    if len(parts) not in numbers:
        many = " or ".join("one rate" if number == 1 else f"{number} rates" for number in numbers)
        raise UnacceptableError(f"must be {many} or off")
    return tuple(_rate(part) for part in parts)


def _rate(value: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,7})/(second|minute|hour|day)", value)
    if not match or int(match[1]) < 1:
        raise UnacceptableError("must be written as count/unit, with second, minute, hour or day, or be off")
    return int(match[1]), UNIT_SECONDS[match[2]]


def scope(value: str) -> str:
    """Read the scopes of an OpenID authorisation request, with one space between them."""
    scopes = value.split()
    if "openid" not in scopes:
        raise UnacceptableError("must contain openid: without it there is no ID token")
    return " ".join(scopes)


def connections(value: str) -> tuple[tuple[str, str], ...]:
    """Read `key=Label,key=Label` as pairs, no key twice."""
    found: dict[str, str] = {}
    for part in value.split(","):
        name, _, label = (piece.strip() for piece in part.partition("="))
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name) or not label:
            raise UnacceptableError("must be key=Label with ',' between them, a key of letters, digits, '_' and '-'")
        if name in found:
            raise UnacceptableError("names a connection twice")
        found[name] = label
    return tuple(found.items())


def keys(value: str) -> tuple[Secret[bytes], ...]:
    """Read a comma-separated list of keys, base64url (RFC 4648 section 5) with or without padding."""
    found = tuple(_key(part.strip()) for part in value.split(","))
    if len({key.reveal() for key in found}) < len(found):
        raise UnacceptableError("names a key twice")
    return found


def _key(value: str) -> Secret[bytes]:
    bare = value.removesuffix("=")
    try:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", bare):
            raise binascii.Error
        key = base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except binascii.Error:
        raise UnacceptableError("must be keys in base64url with ',' between them: see `bff keys new`") from None
    if len(key) != KEY_BYTES:
        raise UnacceptableError(f"must be keys of exactly {KEY_BYTES} bytes each: see `bff keys new`")
    return Secret(key)


def origin(value: str) -> str:
    """Read scheme, host and port of a web server; the default port and upper case go (RFC 6454 section 4)."""
    url = web_url(value)
    if url.path not in {"", "/"}:
        raise UnacceptableError("must be an origin: scheme, host and port, without a path")
    host = _host(url.hostname or "")
    port = url.port
    return f"{url.scheme}://{host}" + ("" if port in {None, DEFAULT_PORTS[url.scheme]} else f":{port}")


def public_origin(value: str) -> str:
    """Read the origin that browsers see, and say to whom a network's address over http is what they have to do."""
    url = split_url(value)
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        raise UnacceptableError(
            "must be https, since only loopback may use http: "
            "for a phone on the network, have the dev server in front speak https"
        )
    return origin(value)


def issuer(value: str) -> str:
    """Read an OpenID issuer and keep its spelling: it is compared as text (OpenID Connect Discovery 4.3)."""
    web_url(value)
    return value


def web_url(value: str) -> SplitResult:
    """Split an https URL, or an http one on loopback, that has no user, query or fragment."""
    url = split_url(value)
    if url.scheme not in DEFAULT_PORTS:
        raise UnacceptableError("must be an https:// URL")
    if "@" in url.netloc or "?" in value or "#" in value:
        raise UnacceptableError("must not have a user, a query or a fragment")
    _host(url.hostname or "")
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        raise UnacceptableError("must be https, since only loopback may use http")
    return url


def link(value: str) -> str:
    """Read where a link leads: an https URL, an http one on loopback, or a path of this origin; never another host.

    A browser takes `//` and `/\\` in front for the beginning of a host.
    """
    if len(value) > LONGEST_LINK or not value.isprintable():
        raise UnacceptableError(f"must be a URL or a path of at most {LONGEST_LINK} characters that can be printed")
    if value.startswith("/"):
        if value.startswith("//") or re.search(r"[\s\\]", value):
            raise UnacceptableError("must be a path with one '/' in front, without spaces or backslashes, or a URL")
        return value
    url = split_url(value)
    if url.scheme not in DEFAULT_PORTS or not value.startswith(f"{url.scheme}://"):
        raise UnacceptableError("must be an https:// URL, or a path with one '/' in front")
    if "@" in url.netloc:
        raise UnacceptableError("must not have a user")
    _host(url.hostname or "")
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        raise UnacceptableError("must be https, since only loopback may use http")
    return value


def split_url(value: str) -> SplitResult:
    """Split a URL without the repairs that `urlsplit` makes to a wrong one."""
    if re.search(r"[\s\\]", value):
        raise UnacceptableError("must be a URL, without spaces or backslashes")
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError:
        raise UnacceptableError("must be a URL with a valid host and port") from None
    if port == 0:
        raise UnacceptableError("must be a URL with a port from 1 to 65535")
    return url


def _host(value: str) -> str:
    """Check a host name or an address, and return it as a URL holds it."""
    if ":" in value:
        try:
            return f"[{ipaddress.IPv6Address(value)}]"
        except ValueError:
            raise UnacceptableError("must have a valid IPv6 address in its brackets") from None
    lowered = value.lower()
    if len(value) > 253 or not HOST_NAME.fullmatch(lowered):
        raise UnacceptableError("must have a host, in ASCII (punycode for other letters)")
    if lowered.rpartition(".")[2].isdigit():
        # A name may not end in a number (WHATWG URL, host parsing): browsers take `127.1` for an address.
        try:
            ipaddress.IPv4Address(lowered)
        except ValueError:
            raise UnacceptableError("must have a valid IPv4 address or a host name") from None
    return lowered


def is_loopback(host: str) -> bool:
    """Tell whether a host, without brackets, is this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_and_port(value: str) -> str:
    """Read `host:port`, an IPv6 address in brackets."""
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:/@\s]+)):([0-9]{1,5})", value)
    if not match or not 1 <= int(match[3]) <= 65535:
        raise UnacceptableError("must be host:port, with a port from 1 to 65535")
    return f"{_host(match[1] or match[2])}:{match[3]}"


def bind(value: str) -> str:
    """Read what to listen on: `host:port` or `unix:/path`."""
    if value.startswith("unix:"):
        if not re.fullmatch(r"unix:/(?!/)[^\s]+", value):
            raise UnacceptableError("must be unix: and an absolute path, or host:port")
        return value
    return host_and_port(value)


def folder(value: str) -> Path:
    """Read the path of a folder that is there."""
    path = Path(value)
    if not path.is_dir():
        raise UnacceptableError("must be an existing folder")
    return path.absolute()


def file(value: str) -> Path:
    """Read the path of a file that is there, be it by a link."""
    path = Path(value)
    if not path.is_file():
        raise UnacceptableError("must be an existing file")
    return path.absolute()


def contact(value: str) -> str:
    """Read a security contact as a URI (RFC 9116 section 2.5.3); a bare e-mail address gets a `mailto:`."""
    if re.fullmatch(r"[^\s:/@]+@[^\s:/@]+", value):
        return f"mailto:{value}"
    if not re.fullmatch(r"(mailto:[^\s@]+@|https://[^\s/]|tel:\+?[0-9])\S+", value):
        raise UnacceptableError("must be a mailto:, https:// or tel: URI")
    return value
