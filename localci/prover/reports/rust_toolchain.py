"""What rustc says where its toolchain lacks a part: an error by its level, but not of the code."""

from __future__ import annotations

import re
from typing import Final

TOOLCHAIN_LACKS: Final = re.compile(
    r"linker `[^`]*` not found|can't find crate for `(?:alloc|core|std)`"
)
"""Matches the text of such an error: no linker, or a target that is not installed (E0463)."""
