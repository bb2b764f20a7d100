"""The published JSON Schemas (draft 2020-12): `localci-1`, `policy-1`, `result-1.0`.

They are for editors and other tools; localci's own readers decode by hand, and tests hold both
equal. What a schema cannot say is said in its `$comment`s.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject


def load_schema(name: Literal["localci-1", "policy-1", "result-1.0"]) -> JsonObject:
    """Return the schema of that name."""
    schema: JsonObject = json.loads(files(__name__).joinpath(f"{name}.json").read_bytes())
    return schema
