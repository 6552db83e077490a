"""How an e-mail address is written: one canonical form, one fold for counting, one rule for new ones.

Browsers differ: for a domain in letters beyond ASCII Chrome sends A-labels (`xn--…`, RFC 5890 2.3.2.1), others send
what was typed. Whatever names a person by an e-mail, here or to Emporix, uses `canonical`. How Emporix compares
addresses is not documented, so the part before the @ is never changed.
"""

from __future__ import annotations

import re
import unicodedata

import idna

MAX_CHARACTERS = 254
"""Of the canonical form (RFC 5321 4.5.3.1.3: 256 for a path, which has two brackets more)."""
_MAX_LOCAL_CHARACTERS = 64
"""RFC 5321 4.5.3.1.1."""
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
"""RFC 1123 2.1, in lower case."""
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}")
_MAX_DOMAIN_CHARACTERS = 255
"""RFC 5321 4.5.3.1.2; a longer one is not converted, since that takes quadratic time."""
_PREFIX = "xn--"
_UNCOUNTED = frozenset({"Mn", "Cf", "Cc"})
"""Unicode's general categories of marks on a letter, of characters without a shape, and of controls."""


def is_blank(character: str) -> bool:
    """Tell whether a character is a blank or a control: trimmed at the ends, refused within."""
    return character.isspace() or unicodedata.category(character) == "Cc"


def trimmed(text: str) -> str:
    """Return a text without the blanks and controls at its ends."""
    start, end = 0, len(text)
    while start < end and is_blank(text[start]):
        start += 1
    while end > start and is_blank(text[end - 1]):
        end -= 1
    return text[start:end]


def canonical(email: str) -> str:
    """Return the one form of an address: trimmed, its domain in lower case and as A-labels (UTS 46, nontransitional).

    A domain that has no such form is only lower-cased; never raises.
    """
    local, at, domain = trimmed(email).rpartition("@")
    return f"{local}{at}{_ascii(domain)}" if at else domain


def comparable(email: str) -> str:
    """Return what two spellings of one address have in common, where case makes no difference before the @ either."""
    return canonical(email).lower()


def spellings(email: str) -> tuple[str, ...]:
    """Return `comparable` first, then what the same address was noted under before there was one form."""
    known = comparable(email)
    local, at, domain = known.rpartition("@")
    return tuple(dict.fromkeys((known, trimmed(email).lower(), f"{local}{at}{_unicode(domain)}".lower())))


def counted(email: str) -> str:
    """Return the same for all spellings that upstream may take for one address; which it tells apart is not known.

    No case (a long s is an s), width, accent, blank, control or dot at the end (RFC 1034 3.1): to share a count harms
    less than to count anew with each spelling.
    """
    decomposed = unicodedata.normalize("NFKD", canonical(email))
    seen = [one for one in decomposed if unicodedata.category(one) not in _UNCOUNTED and not one.isspace()]
    # By way of the upper case, where a dotless i is an i: so Java compares.
    return "".join(seen).upper().casefold().rstrip(".")


def may_be_asked_for(email: str) -> bool:
    """Tell whether an address may be one that exists already, to sign in or be mailed with; most of what is odd may."""
    form = canonical(email)
    return 0 < len(form) <= MAX_CHARACTERS and not any(is_blank(character) for character in form)


def may_be_new(email: str) -> bool:
    """Tell whether an address may be given to an account: a name, an @ and a domain of two labels or more."""
    form = canonical(email)
    local, _, domain = form.rpartition("@")
    return (
        may_be_asked_for(form)
        and 0 < len(local) <= _MAX_LOCAL_CHARACTERS
        and "@" not in local
        and local.isprintable()
        and _DOMAIN.fullmatch(domain) is not None
    )


def _ascii(domain: str) -> str:
    if domain.isascii() or len(domain) > _MAX_DOMAIN_CHARACTERS:
        return domain.lower()
    try:
        mapped = idna.uts46_remap(domain, std3_rules=False, transitional=False)
    except idna.IDNAError:
        return domain.lower()
    # Not `idna.encode`: it refuses labels that are registered and in use all the same, with symbols for example.
    return ".".join(
        label if label.isascii() else _PREFIX + label.encode("punycode").decode("ascii") for label in mapped.split(".")
    )


def _unicode(domain: str) -> str:
    labels = []
    for label in domain.split("."):
        try:
            labels.append(idna.ulabel(label) if label.startswith(_PREFIX) else label)
        except idna.IDNAError:
            labels.append(label)
    return ".".join(labels)
