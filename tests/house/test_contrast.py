"""Colours are computed, not judged: each pair the design relies on keeps its WCAG contrast in both schemes."""

import math
import re

import pytest

from app.config import ROOT

NUMBERS = re.compile(r"oklch\(\s*([\d.]+)\s+([\d.]+)\s+([\d.]+)\s*\)")
BOTH = re.compile(r"--([\w-]+):\s*light-dark\(\s*(oklch\([^)]*\))\s*,\s*(oklch\([^)]*\))\s*\)")
SCHEMES = ("light", "dark")
Rgb = tuple[float, float, float]

PAIRS = [
    ("ink", "paper", 7.0),
    ("ink", "surface", 7.0),
    ("ink", "raised", 7.0),
    ("ink-2", "surface", 7.0),
    ("ink-2", "paper", 7.0),
    ("ink-2", "sunken", 4.5),
    ("ink-3", "surface", 4.5),
    ("ink-3", "paper", 4.5),
    ("ink-3", "sunken", 4.5),
    ("accent-text", "surface", 4.5),
    ("accent-text", "paper", 4.5),
    ("accent-text", "accent-soft", 4.5),
    ("ink-2", "accent-soft", 4.5),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-hover", 4.5),
    ("accent", "surface", 3.0),
    ("accent", "paper", 3.0),
    ("control", "surface", 3.0),
    ("control", "paper", 3.0),
    ("ok", "surface", 4.5),
    ("ok", "ok-soft", 4.5),
    ("warn", "surface", 4.5),
    ("warn", "warn-soft", 4.5),
    ("ink", "warn-soft", 7.0),
    ("danger", "surface", 4.5),
    ("danger", "danger-soft", 4.5),
    ("ink", "danger-soft", 7.0),
    ("on-danger", "danger-solid", 4.5),
    ("warn-mark", "surface", 3.0),
    ("danger-mark", "surface", 3.0),
    ("ok-mark", "surface", 3.0),
    ("ink", "ins", 7.0),
    ("ink", "del", 7.0),
    ("chrome-ink", "chrome", 7.0),
    ("chrome-ink-2", "chrome", 4.5),
    ("chrome-accent", "chrome", 4.5),
    ("c2", "surface", 3.0),
    ("c3", "surface", 3.0),
    ("c4", "surface", 3.0),
]


def _linear(colour: str) -> Rgb:
    """oklch to linear sRGB, after Björn Ottosson's matrices."""
    found = NUMBERS.match(colour)
    assert found, f"{colour} is not an opaque oklch colour"
    lightness, chroma, hue = (float(part) for part in found.groups())
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    mid = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * mid + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * mid - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * mid + 1.7076147010 * short,
    )


def _luminance(colour: Rgb) -> float:
    red, green, blue = (min(1.0, max(0.0, part)) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _tokens() -> dict[str, tuple[Rgb, Rgb]]:
    css = (ROOT / "static/css/core.css").read_text()
    found = [(name, light, dark) for name, light, dark in BOTH.findall(css) if "/" not in light + dark]
    return {name: (_linear(light), _linear(dark)) for name, light, dark in found}


TOKENS = _tokens()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("front", "back", "least"), PAIRS, ids=lambda part: str(part))
def test_a_pair_can_be_read(front: str, back: str, least: float, scheme: str) -> None:
    at = SCHEMES.index(scheme)

    dark, light = sorted((_luminance(TOKENS[front][at]), _luminance(TOKENS[back][at])))

    assert (light + 0.05) / (dark + 0.05) >= least


def test_every_colour_exists_on_every_screen() -> None:
    outside = [
        f"--{name}, {scheme}"
        for name, both in TOKENS.items()
        for scheme, colour in zip(SCHEMES, both, strict=True)
        if not all(-0.0006 <= part <= 1.0006 for part in colour)
    ]

    assert not outside, "outside sRGB: lower the chroma"
