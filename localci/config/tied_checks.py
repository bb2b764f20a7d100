"""Tie checks to what their tables name: sources, needs, services, profiles, axes of the matrix."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from localci.config.placeholders import names_port, names_range, unknown_axis
from localci.config.reached import find_cycle, reached
from localci.config.toml_file import nearest_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from localci.config.configuration import Check, Profile, Service
    from localci.config.section import Section


def tied_checks(
    checks: Sequence[Check], services: Sequence[Service], tables: Section
) -> tuple[Check, ...]:
    """Return the checks with what they have through others; `tables` is `[checks]`.

    Raises UsageError for a name that nobody has, and for checks that wait for each other.
    """
    known = {check.name: check for check in checks}
    for check in checks:
        section = tables.table(check.name)
        _refuse_unknown_source(section, check, known)
        _refuse_unknown(section, "needs", check.needs, known)
        _refuse_unknown(section, "services", check.services, [item.name for item in services])
        _refuse_idle_placeholders(section, check)
    if circle := find_cycle(known):
        key = "from" if known[circle[0]].source == circle[1] else "needs"
        problem = f"goes round in a circle: {' → '.join(circle)}"
        raise tables.table(circle[0]).error(key, problem)
    return tuple(_tied(check, known) for check in checks)


def refuse_unknown_profiles(
    checks: Sequence[Check], profiles: Sequence[Profile], tables: Section
) -> None:
    """Raise UsageError for a `when.profiles` that names none of the `profiles`."""
    names = [profile.name for profile in profiles]
    for check in checks:
        if check.when is not None and check.when.profiles:
            section = tables.table(check.name).table("when")
            _refuse_unknown(section, "profiles", check.when.profiles, names)


def _refuse_unknown_source(section: Section, check: Check, known: Mapping[str, Check]) -> None:
    if not check.source:
        return
    commands = [name for name, other in known.items() if other.run]
    if check.source not in known:
        _refuse_unknown(section, "from", (check.source,), commands)
    if not known[check.source].run:
        raise section.error("from", f"names `{check.source}`, which runs nothing itself")


def _refuse_unknown(
    section: Section, key: str, names: Sequence[str], known: Collection[str]
) -> None:
    what = {"services": "service", "profiles": "profile"}.get(key, "check")
    for name in names:
        if name not in known:
            raise section.error(key, f"names no {what} `{name}`; {nearest_name(name, known)}")


def _refuse_idle_placeholders(section: Section, check: Check) -> None:
    """Raise the error for what would reach the command as it is written."""
    axes = check.matrix or ()
    texts = {
        "run": check.run,
        "env": " ".join((check.env or {}).values()),
        "artifacts": " ".join(check.artifacts),
        "path": " ".join(check.path),
    }
    for key, text in texts.items():
        axis = unknown_axis(text, axes)
        if axis is not None:
            hint = nearest_name(axis, axes)
            raise section.error(key, f"has {{matrix.{axis}}}, which is no axis of it; {hint}")
        if check.services and names_port(text):
            raise section.error(
                key, "has {port}, which only a service knows; name it in `env` of [services]"
            )
        if names_range(text) and not check.reads_history:
            raise section.error(
                key, 'has {range}, commits beside the tree; the check needs `reads = "history"`'
            )


def _tied(check: Check, known: Mapping[str, Check]) -> Check:
    """Return a check with what it has through its source, and through what it needs."""
    history = any(known[name].reads_history for name in reached(known, [check.name]))
    if not check.source:
        return replace(check, reads_history=history) if history else check
    source = known[check.source]
    return replace(
        check,
        inputs=source.inputs,
        matrix=source.matrix,
        fresh_for=source.fresh_for,
        reads_history=history,
    )
