"""In which order checks can run: as they are written, but each behind what it comes after. Pure."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from localci.config.reached import comes_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.config.configuration import Check


def in_order(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return the checks with sources before their readers, and what is needed before who needs it.

    What they depend on is among them, and without a circle, as the configuration's reader saw to.
    """
    place = {check.name: index for index, check in enumerate(checks)}
    before = {check.name: set(comes_after(check)) for check in checks}
    behind: dict[str, list[str]] = {check.name: [] for check in checks}
    for check in checks:
        for other in before[check.name]:
            behind[other].append(check.name)
    ready = [place[name] for name, others in before.items() if not others]
    ordered: list[Check] = []
    while ready:
        check = checks[heapq.heappop(ready)]
        ordered.append(check)
        for name in behind[check.name]:
            before[name].discard(check.name)
            if not before[name]:
                heapq.heappush(ready, place[name])
    return tuple(ordered)
