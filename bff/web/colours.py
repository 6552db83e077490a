"""Colours as CSS writes them, mixed as browsers mix them, and how well one can be read on another.

Sources: CSS Color 4 and 5 (`color-mix`), WCAG 2.2 (contrast). What browsers know and this module does not (relative
colours, `lab`, `lch`, `hwb`, wide gamuts, most spaces to mix in) is told apart from what is no colour at all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

_HEX: Final = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.I)
_CALL: Final = re.compile(r"([a-z-]+)\((.*)\)", re.I | re.DOTALL)
_NUMBER: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(%|deg|turn|rad|grad)?", re.I)
_NOT_COMPUTED: Final = frozenset(
    {"hwb", "lab", "lch", "device-cmyk", "contrast-color", "calc", "env", "min", "max", "clamp", "light-dark"}
)
_DEGREES: Final = {"deg": 1.0, "turn": 360.0, "rad": 180 / math.pi, "grad": 0.9}
_NAMED: Final[Mapping[str, str]] = {
    "black": "#000", "silver": "#c0c0c0", "gray": "#808080", "grey": "#808080", "white": "#fff", "maroon": "#800000",
    "red": "#f00", "purple": "#800080", "fuchsia": "#f0f", "magenta": "#f0f", "green": "#008000", "lime": "#0f0",
    "olive": "#808000", "yellow": "#ff0", "navy": "#000080", "blue": "#00f", "teal": "#008080", "aqua": "#0ff",
    "cyan": "#0ff", "orange": "#ffa500", "rebeccapurple": "#639", "transparent": "#0000",
}  # fmt: skip
"""The names of CSS 2, and some; further ones are 'not computed'."""
_FURTHER: Final = """
    aliceblue antiquewhite aquamarine azure beige bisque blanchedalmond blueviolet brown burlywood cadetblue
    chartreuse chocolate coral cornflowerblue cornsilk crimson darkblue darkcyan darkgoldenrod darkgray
    darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon
    darkseagreen darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray
    dimgrey dodgerblue firebrick floralwhite forestgreen gainsboro ghostwhite gold goldenrod greenyellow
    honeydew hotpink indianred indigo ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue
    lightcoral lightcyan lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen
    lightskyblue lightslategray lightslategrey lightsteelblue lightyellow limegreen linen mediumaquamarine
    mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise
    mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite oldlace olivedrab orangered orchid
    palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue rosybrown
    royalblue saddlebrown salmon sandybrown seagreen seashell sienna skyblue slateblue slategray slategrey snow
    springgreen steelblue tan thistle tomato turquoise violet wheat whitesmoke yellowgreen currentcolor canvas
    canvastext linktext visitedtext activetext buttonface buttontext buttonborder field fieldtext highlight
    highlighttext mark marktext graytext accentcolor accentcolortext selecteditem selecteditemtext
"""
_MORE_NAMES: Final = frozenset(_FURTHER.split())


class NotAColour(ValueError):
    """No browser takes it for a colour."""


class NotComputed(ValueError):
    """Browsers may take it for a colour; this module cannot say which."""


@dataclass(frozen=True, slots=True)
class Colour:
    """One in sRGB, each part from 0 to 1; what lies outside is beyond what a usual screen shows."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    @property
    def parts(self) -> tuple[float, float, float]:
        """Red, green and blue."""
        return self.red, self.green, self.blue

    @property
    def luminance(self) -> float:
        """How bright it is, as WCAG 2.2 defines it."""
        red, green, blue = (_linear(min(max(part, 0.0), 1.0)) for part in self.parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def over(self, ground: Colour) -> Colour:
        """Lay it on an opaque ground."""
        parts = (
            mine * self.alpha + below * (1 - self.alpha) for mine, below in zip(self.parts, ground.parts, strict=True)
        )
        return Colour(*parts)

    def contrast(self, ground: Colour) -> float:
        """Return the contrast with what it stands on, from 1 to 21."""
        darker, brighter = sorted((self.over(ground).luminance, ground.luminance))
        return (brighter + 0.05) / (darker + 0.05)

    @property
    def shown(self) -> str:
        """The nearest hexadecimal form."""
        return "#" + "".join(f"{round(min(max(part, 0.0), 1.0) * 255):02x}" for part in self.parts)


def colour(text: str) -> Colour:
    """Read a colour without variables.

    :raises NotAColour: it is none
    :raises NotComputed: it may be one
    """
    text = text.strip()
    if _HEX.fullmatch(text):
        return _from_hex(text[1:])
    if named := _NAMED.get(text.lower()):
        return _from_hex(named[1:])
    if text.lower() in _MORE_NAMES:
        raise NotComputed(text)
    call = _CALL.fullmatch(text)
    if call is None or not _is_closed(call[2]):
        raise NotAColour(text)
    name, inside = call[1].lower(), call[2].strip()
    if name in _NOT_COMPUTED or inside.lower().startswith("from "):
        raise NotComputed(text)
    if name not in _READERS:
        raise NotAColour(text)
    return _READERS[name](text, inside)


def mix(space: str, one: Colour, share: float, other: Colour) -> Colour:
    """Mix `share` of one colour with another, from 0 to 1, each weighed by how opaque it is.

    :raises NotComputed: not in this space
    """
    if space not in ("srgb", "oklab"):
        raise NotComputed(f"color-mix(in {space}, …)")
    to, back = (_to_oklab, _from_oklab) if space == "oklab" else (_same, _same)
    alpha = one.alpha * share + other.alpha * (1 - share)
    if not alpha:
        return Colour(0.0, 0.0, 0.0, 0.0)
    mine, theirs = one.alpha * share / alpha, other.alpha * (1 - share) / alpha
    first, second, third = (a * mine + b * theirs for a, b in zip(to(one.parts), to(other.parts), strict=True))
    return Colour(*back((first, second, third)), alpha)


def parted(text: str, separators: str) -> list[str]:
    """Part a text at separators that stand in no brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if sign in separators and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]


def _is_closed(text: str) -> bool:
    depth = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return False
    return depth == 0


def _from_hex(digits: str) -> Colour:
    if len(digits) < 6:
        digits = "".join(sign * 2 for sign in digits)
    return Colour(*(int(digits[place : place + 2], 16) / 255 for place in range(0, len(digits), 2)))


def _values(text: str, inside: str) -> tuple[list[tuple[float, str]], float]:
    """Read three numbers with their units, and how opaque it is."""
    if "," in inside:
        numbers, alpha = parted(inside, ","), "1"
        if len(numbers) == 4:
            alpha = numbers.pop()
    else:
        before, slash, after = inside.partition("/")
        numbers, alpha = before.split(), after.strip() if slash else "1"
    if "calc(" in inside:
        raise NotComputed(text)
    read = [_number(text, one) for one in (*numbers, alpha)]
    if len(read) != 4 or read[3][1] not in ("", "%"):
        raise NotAColour(text)
    value, unit = read[3]
    return read[:3], min(max(value / 100 if unit else value, 0.0), 1.0)


def _number(text: str, one: str) -> tuple[float, str]:
    if one.lower() == "none":
        return 0.0, ""
    found = _NUMBER.fullmatch(one)
    if found is None:
        raise NotAColour(text)
    return float(found[1]), (found[2] or "").lower()


def _plain(text: str, value: tuple[float, str], whole: float) -> float:
    """Return a number, or as much of `whole` as it is per cent."""
    number, unit = value
    if unit not in ("", "%"):
        raise NotAColour(text)
    return number * whole / 100 if unit else number


def _angle(text: str, value: tuple[float, str]) -> float:
    number, unit = value
    if unit == "%":
        raise NotAColour(text)
    return number * _DEGREES.get(unit, 1.0)


def _rgb(text: str, inside: str) -> Colour:
    values, alpha = _values(text, inside)
    red, green, blue = (min(max(_plain(text, one, 255.0) / 255, 0.0), 1.0) for one in values)
    return Colour(red, green, blue, alpha)


def _hsl(text: str, inside: str) -> Colour:
    (hue, saturation, lightness), alpha = _values(text, inside)
    angle = _angle(text, hue) % 360
    much = max(_plain(text, saturation, 100.0), 0.0) / 100
    light = _plain(text, lightness, 100.0) / 100

    def part(shift: int) -> float:
        place = (shift + angle / 30) % 12
        return light - much * min(light, 1 - light) * max(-1.0, min(place - 3, 9 - place, 1.0))

    return Colour(part(0), part(8), part(4), alpha)


def _oklab(text: str, inside: str) -> Colour:
    (light, a, b), alpha = _values(text, inside)
    lab = min(max(_plain(text, light, 1.0), 0.0), 1.0), _plain(text, a, 0.4), _plain(text, b, 0.4)
    return Colour(*_from_oklab(lab), alpha)


def _oklch(text: str, inside: str) -> Colour:
    (light, chroma, hue), alpha = _values(text, inside)
    angle = math.radians(_angle(text, hue))
    much = max(_plain(text, chroma, 0.4), 0.0)
    lab = min(max(_plain(text, light, 1.0), 0.0), 1.0), much * math.cos(angle), much * math.sin(angle)
    return Colour(*_from_oklab(lab), alpha)


def _in_space(text: str, inside: str) -> Colour:
    space, _, rest = inside.partition(" ")
    if space.lower() != "srgb":
        raise NotComputed(text)
    values, alpha = _values(text, rest)
    red, green, blue = (_plain(text, one, 1.0) for one in values)
    return Colour(red, green, blue, alpha)


def _mixed(text: str, inside: str) -> Colour:
    parts = parted(inside, ",")
    if not parts[0].lower().startswith("in "):
        raise NotComputed(text)
    if len(parts) != 3:
        raise NotAColour(text)
    (one, share), (other, rest) = _share(text, parts[1]), _share(text, parts[2])
    if share is None:
        share = 1 - rest if rest is not None else 0.5
    rest = 1 - share if rest is None else rest
    total = share + rest
    if not total:
        raise NotAColour(text)
    mixed = mix(" ".join(parts[0][3:].lower().split()), one, share / total, other)
    return Colour(*mixed.parts, mixed.alpha * min(total, 1.0))


def _share(text: str, part: str) -> tuple[Colour, float | None]:
    """Read a colour of a mixture, and how much of it there is."""
    words = [word for word in parted(part, " \t\n") if word]
    shares = [word for word in words if re.fullmatch(r"[+]?[\d.]+%", word)]
    if len(shares) > 1:
        raise NotAColour(text)
    share = float(shares[0][:-1]) / 100 if shares else None
    if share is not None and share > 1:
        raise NotAColour(text)
    return colour(" ".join(word for word in words if word not in shares)), share


_READERS: Final[Mapping[str, Callable[[str, str], Colour]]] = {
    "rgb": _rgb, "rgba": _rgb, "hsl": _hsl, "hsla": _hsl, "oklab": _oklab, "oklch": _oklch, "color": _in_space,
    "color-mix": _mixed,
}  # fmt: skip


Parts = tuple[float, float, float]


def _same(parts: Parts) -> Parts:
    return parts


def _linear(part: float) -> float:
    size = abs(part)
    return part / 12.92 if size <= 0.04045 else math.copysign(((size + 0.055) / 1.055) ** 2.4, part)


def _encoded(part: float) -> float:
    size = abs(part)
    return part * 12.92 if size <= 0.0031308 else math.copysign(1.055 * size ** (1 / 2.4) - 0.055, part)


def _to_oklab(parts: Parts) -> Parts:
    red, green, blue = (_linear(part) for part in parts)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _from_oklab(lab: Parts) -> Parts:
    light, a, b = lab
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _encoded(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short),
        _encoded(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short),
        _encoded(-0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short),
    )
