"""What a check's result depends on, as one key: equal keys, equal answers (design 6, Reuse). Pure.

No commit is in it, but for a check that looks at one, so results survive an amended message, a
rebase, and a switch to another branch and back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from localci.config.placeholders import names_range
from localci.formats.object_ids import sha256_hex
from localci.formats.strict_json import dumps_canonical
from localci.prover.plan.plan import ALL_HISTORY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localci.config.configuration import Check
    from localci.prover.plan.plan import Plan, PlannedCheck
    from localci.prover.reuse.surroundings import Surroundings

_VERSION: Final = "2"
"""Of the keys themselves: another one, and nothing that was kept before is found."""
# Not `${commit}`, which is the shell's.
_ASKS_COMMIT: Final = re.compile(r"(?<!\$)\{commit\}")
_ASKS_TREE: Final = re.compile(r"(?<!\$)\{tree\}")

PARTS: Final = (
    "definition",
    "cells",
    "inputs",
    "needs",
    "tools",
    "platform",
    "isolation",
    "setup",
    "environment",
    "commit",
    "tree",
    "range",
)
"""The parts of a key, in the order in which a difference explains most."""


@dataclass(frozen=True)
class CheckKey:
    """The key of a check; `parts` are texts or digests, `details` what some of them are made of.

    Details hold no value of a variable, only digests: state files are no place for secrets.
    """

    name: str
    digest: str
    parts: Mapping[str, str]
    details: Mapping[str, Mapping[str, str]]


def check_keys(
    plan: Plan,
    commit: str,
    tree: str,
    surroundings: Surroundings,
    new_commits: str = ALL_HISTORY,
) -> Mapping[str, CheckKey]:
    """Return the key of each check of the plan, whose order has before a check what it needs.

    `new_commits` are what `{range}` stands for.
    """
    keys: dict[str, CheckKey] = {}
    for planned in plan.checks:
        check = planned.check
        texts = tuple(_texts(check, plan))
        asks_commit = check.reads_history or any(map(_ASKS_COMMIT.search, texts))
        asks_tree = any(map(_ASKS_TREE.search, texts))
        asks_range = any(map(names_range, texts))
        asked = {
            "commit": commit if asks_commit else "",
            "tree": tree if asks_tree else "",
            "range": new_commits if asks_range else "",
        }
        needed = [*check.needs, *filter(None, (check.source,))]
        needs = {name: keys[name].digest for name in needed if name in keys}
        keys[check.name] = _check_key(planned, asked, needs, surroundings)
    return MappingProxyType(keys)


def _check_key(
    planned: PlannedCheck,
    asked: Mapping[str, str],
    needs: Mapping[str, str],
    surroundings: Surroundings,
) -> CheckKey:
    name = planned.check.name
    tools = surroundings.tools[name]
    parts = {
        "definition": planned.definition,
        "cells": " ".join(cell.name for cell in planned.cells) if planned.lacks_cells else "",
        "inputs": planned.inputs,
        "needs": _digest(needs),
        "tools": _digest(tools.identities),
        "platform": surroundings.platform,
        "isolation": surroundings.isolation,
        "setup": surroundings.setup,
        "environment": _digest(surroundings.environment),
        **asked,
    }
    return CheckKey(
        name=name,
        digest=_digest({"v": _VERSION, "name": name, **parts}),
        parts=MappingProxyType(parts),
        details=MappingProxyType(
            {
                "needs": needs,
                "tools": tools.identities,
                "packages": tools.packages,
                "environment": surroundings.environment,
            }
        ),
    )


def _texts(check: Check, plan: Plan) -> Iterator[str]:
    """Yield what placeholders may stand in: of the check, and of the services that it uses."""
    yield check.run
    yield from (check.env or {}).values()
    for service in plan.services:
        if service.name in check.services:
            yield from (service.run, service.ready, *(service.env or {}).values())


def _digest(values: Mapping[str, str]) -> str:
    return sha256_hex(dumps_canonical(dict(values)))
