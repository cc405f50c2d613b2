"""A person's attributes → what a prompt may say of them: few, coarse, and nothing that identifies (U42, U45)."""

from __future__ import annotations

import re
from collections.abc import Mapping

UNKNOWN = "unknown"
_NAMES = {
    "gender": "gender", "sex": "gender", "性别": "gender",
    "age": "age", "年龄": "age", "age_group": "age", "age_band": "age", "age_range": "age",
    "province": "region", "region": "region", "state": "region", "省份": "region", "地区": "region",
    "country": "country", "国家": "country",
    "household": "household", "family": "household", "家庭": "household",
    "occupation": "occupation", "job": "occupation", "职业": "occupation",
}  # fmt: skip
"""Attributes that may be told, by the names they go by; no other is: a name that nobody foresaw may hold anything."""
_ALWAYS = ("age", "gender", "region")
_PLAIN = re.compile(r"[^\W\d_]+(?:[ /&'’,-]+[^\W\d_]+){0,5}")
_BAND = re.compile(r"(\d{1,3}) ?[-–] ?(\d{1,3})|(\d{1,3}) ?\+|(\d{1,2}0)s")
_HIDDEN = frozenset({"", "na", "n/a", "none", "null", "nan", "undisclosed", "unknown", "other", "prefer not to say"})
_MOST = 40


def bands(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return what may be told, by name: age as a decade, region no finer than a province, a few plain words.

    Age, gender and region are always there; one that is missing is `unknown` (U42). Never a date of birth, a city, a
    postal code, a name or a number.

    >>> bands({"age": "34", "gender": "female", "zip": "94110", "region": "Bavaria"})
    {'age': '30s', 'gender': 'female', 'region': 'Bavaria'}
    """
    told = dict.fromkeys(_ALWAYS, UNKNOWN)
    for name, value in attributes.items():
        kind = _NAMES.get(name.strip().lower())
        if kind is None or told.get(kind, UNKNOWN) != UNKNOWN:
            continue
        said = _age(str(value)) if kind == "age" else _plain(str(value))
        if said or kind in _ALWAYS:
            told[kind] = said or UNKNOWN
    return told


def _age(value: str) -> str:
    """Return an age as its decade, a band as it is; '' for anything else."""
    value = value.strip()
    number = re.fullmatch(r"(\d{1,3})(?:\.0*)?", value)
    if number:
        years = int(number[1])
        return f"{years // 10 * 10}s" if 10 <= years <= 110 else ""
    return value if _BAND.fullmatch(value) else ""


def _plain(value: str) -> str:
    value = " ".join(value.split())
    fine = len(value) <= _MOST and value.lower() not in _HIDDEN and _PLAIN.fullmatch(value)
    return value if fine else ""
