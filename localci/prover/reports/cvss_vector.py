"""How grave a CVSS vector is, where a tool gives no score of its own: versions 3.0 and 3.1.

The base score by the formulas and values of https://www.first.org/cvss/v3.1/specification-document,
7.1 and 7.4; 3.0 only words the rounding otherwise. The versions 2 and 4 are not known here: their
findings have an unknown severity, which always counts.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import UNKNOWN, severity_of_score

if TYPE_CHECKING:
    from collections.abc import Mapping

_VECTOR: Final = re.compile(r"CVSS:3\.[01](?:/[A-Z]{1,3}:[A-Z]){8,}", re.ASCII)
_MAX_LENGTH: Final = 256

_IMPACT: Final = {"H": "0.56", "L": "0.22", "N": "0"}
_VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "AV": {"N": "0.85", "A": "0.62", "L": "0.55", "P": "0.2"},
    "AC": {"L": "0.77", "H": "0.44"},
    "PR": {"N": "0.85", "L": "0.62", "H": "0.27"},
    "UI": {"N": "0.85", "R": "0.62"},
    "S": {"U": "0", "C": "1"},
    "C": _IMPACT,
    "I": _IMPACT,
    "A": _IMPACT,
}
_PRIVILEGES_WHERE_SCOPE_CHANGES: Final = {"N": "0.85", "L": "0.68", "H": "0.5"}
_TENTH: Final = Decimal("0.1")
_HIGHEST: Final = Decimal(10)


def severity_of_vector(vector: str) -> str:
    """Return the severity of a vector like `CVSS:3.1/AV:N/…`, UNKNOWN where it cannot be told."""
    if len(vector) > _MAX_LENGTH or _VECTOR.fullmatch(vector) is None:
        return UNKNOWN
    pairs = [part.split(":") for part in vector.split("/")[1:]]
    metrics = {name: value for name, value in pairs if name in _VALUES}
    if len(metrics) != len(_VALUES) or any(v not in _VALUES[name] for name, v in metrics.items()):
        return UNKNOWN
    return severity_of_score(str(_base_score(metrics)))


def _base_score(metrics: Mapping[str, str]) -> Decimal:
    changed = metrics["S"] == "C"
    value = {name: Decimal(_VALUES[name][metrics[name]]) for name in _VALUES}
    if changed:
        value["PR"] = Decimal(_PRIVILEGES_WHERE_SCOPE_CHANGES[metrics["PR"]])
    impact = _impact(1 - (1 - value["C"]) * (1 - value["I"]) * (1 - value["A"]), changed=changed)
    if impact <= 0:
        return Decimal("0.0")
    exploitability = Decimal("8.22") * value["AV"] * value["AC"] * value["PR"] * value["UI"]
    score = (impact + exploitability) * (Decimal("1.08") if changed else 1)
    return min(score, _HIGHEST).quantize(_TENTH, rounding=ROUND_CEILING)


def _impact(base: Decimal, *, changed: bool) -> Decimal:
    if not changed:
        return Decimal("6.42") * base
    return (
        Decimal("7.52") * (base - Decimal("0.029"))
        - Decimal("3.25") * (base - Decimal("0.02")) ** 15
    )
