"""Text on a colour that somebody has chosen."""

BLACK, WHITE = "#000000", "#ffffff"


def ink(color: str) -> str:
    """Black or white, whichever stands out more; one of them always has a contrast of 4.5 (WCAG 2, AA)."""
    light = luminance(color)
    return BLACK if (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) else WHITE


def luminance(color: str) -> float:
    """Relative luminance of `#rrggbb`, 0 to 1 (WCAG 2)."""
    red, green, blue = (_linear(int(color[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
