"""What a posting says, as one short name: two that say the same have the same. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localci.forge.posting.posting import Posting


def posting_digest(posting: Posting) -> str:
    """Return the SHA-256 of all that is said, in hex."""
    content = json.dumps(asdict(posting), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode("ascii")).hexdigest()
