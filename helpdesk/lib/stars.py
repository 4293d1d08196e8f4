"""Patterns with one sign, a star, which stands for any number of characters."""

STAR = "*"


def matches(pattern: str, text: str) -> bool:
    """Whether all of the text is as the pattern says; compared exactly. Takes no longer than both are long together.

    (Between two stars the first place that fits is as good as any later one, so nothing is tried twice.)
    """
    first, *others = pattern.split(STAR)
    if not others:
        return pattern == text
    *middle, last = others
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
