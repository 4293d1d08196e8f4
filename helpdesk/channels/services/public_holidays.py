"""Public holidays of countries and their regions, as the package `holidays` knows them (ISO 3166 codes)."""

import datetime
import re
from collections.abc import Mapping
from functools import lru_cache

import holidays
from django.utils.translation import get_language
from holidays.registry import COUNTRIES

# What a column holds; a handful of towns with holidays of their own have longer names there.
LONGEST_REGION = 10


@lru_cache(maxsize=1)
def countries() -> Mapping[str, str]:
    """{code: name in English}, by name."""
    names = {code: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name) for name, code, *_others in COUNTRIES.values()}
    known = holidays.list_supported_countries(include_aliases=False)
    return dict(sorted(((code, names[code]) for code in known), key=lambda one: one[1]))


@lru_cache(maxsize=300)
def regions(country: str) -> Mapping[str, str]:
    """{code: name} of the regions that have holidays of their own; empty for a country without, or none."""
    codes = holidays.list_supported_countries(include_aliases=False).get(country, [])
    if not codes:
        return {}
    names = {code: name for name, code in _aliases(country).items()}
    found = {code: names.get(code, code) for code in codes if len(code) <= LONGEST_REGION}
    return dict(sorted(found.items(), key=lambda one: one[1]))


def _aliases(country: str) -> Mapping[str, str]:
    """{name: code} of regions."""
    found: Mapping[str, str] = holidays.country_holidays(country).get_subdivision_aliases()  # type: ignore[assignment]
    return {name: code for code, names in found.items() for name in reversed(list(names))}


@lru_cache(maxsize=400)
def of_year(country: str, region: str, year: int, language: str = "") -> Mapping[datetime.date, str]:
    """{day: name}; empty without a country. A mapping of its own: the package's fills itself while it is read."""
    if not country:
        return {}
    known = holidays.list_localized_countries(include_aliases=False).get(country, [])
    spoken = next((one for one in known if one.partition("_")[0] == language), None)
    found = holidays.country_holidays(country, subdiv=region or None, years=year, language=spoken)
    return dict(sorted(found.items()))


def coming(country: str, region: str, after: datetime.date, *, number: int = 4) -> list[tuple[datetime.date, str]]:
    """The next ones with their names, in the language of the reader where the package has it."""
    spoken = (get_language() or "").partition("-")[0]
    years = [of_year(country, region, year, spoken) for year in (after.year, after.year + 1)]
    return [(day, name) for year in years for day, name in year.items() if day >= after][:number]
