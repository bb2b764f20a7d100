"""Prices of parcels, in cents. Pure."""

from __future__ import annotations

from dataclasses import dataclass

MAX_GRAMS = 31_500
_STEPS = ((1_000, 399), (5_000, 599), (10_000, 949), (MAX_GRAMS, 1_649))
_FACTORS = {"home": 1.0, "near": 1.5, "far": 2.75}


class NoPriceError(ValueError):
    """Nobody carries such a parcel."""


@dataclass(frozen=True)
class Parcel:
    """What is sent, and to which zone: `home`, `near` or `far`."""

    grams: int
    zone: str
    express: bool = False


def price(parcel: Parcel) -> int:
    """Return what a parcel costs. Raises NoPriceError."""
    if parcel.grams <= 0:
        raise NoPriceError("a parcel weighs something")
    if parcel.zone not in _FACTORS:
        raise NoPriceError(f"no zone {parcel.zone}")
    for most, cents in _STEPS:
        if parcel.grams <= most:
            base = round(cents * _FACTORS[parcel.zone])
            return base * 2 if parcel.express else base
    raise NoPriceError(f"more than {MAX_GRAMS} g")
