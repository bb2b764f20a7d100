"""Write values as TOML 1.0 text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def toml_string(text: str) -> str:
    """Return a printable `text` as a TOML string.

    A literal one where that saves escapes, else a basic one, whose escapes are JSON's.
    """
    if '"' in text and "'" not in text:
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)


def toml_strings(texts: Iterable[str]) -> str:
    """Return printable texts as a TOML array."""
    return f"[{', '.join(map(toml_string, texts))}]"
