"""What a check depends on, through `from` and `needs`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from localci.config.configuration import Check


def comes_after(check: Check) -> tuple[str, ...]:
    """Return the checks that a check reads from or needs."""
    return (check.source, *check.needs) if check.source else check.needs


def reached(checks: Mapping[str, Check], names: Iterable[str]) -> frozenset[str]:
    """Return the `names` with all that these checks depend on, near or far."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(comes_after(checks[name]))
    return frozenset(found)


def find_cycle(checks: Mapping[str, Check]) -> tuple[str, ...]:
    """Return a circle of checks, its first one again at the end, or nothing where there is none."""
    waiting = dict(checks)
    while free := [n for n in waiting if waiting.keys().isdisjoint(comes_after(checks[n]))]:
        for name in free:
            del waiting[name]
    if not waiting:
        return ()
    # Each that is left comes after another that is left, so the way leads back to itself.
    path = [next(iter(waiting))]
    while path[-1] not in path[:-1]:
        path.append(next(name for name in comes_after(checks[path[-1]]) if name in waiting))
    return tuple(path[path.index(path[-1]) :])
