"""What the expressions of a GitHub workflow mean here: `${{ … }}`, `if:` and `on:`.

Only what is the same on every machine is understood; anything else is Untranslatable, with why
(https://docs.github.com/actions/reference/workflows-and-actions/expressions).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.config.faults import ref_pattern_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.prover.setup.proposing.yaml_file import YamlNode

# None begins within another, which also keeps a text of nothing but beginnings from taking long.
_EXPRESSION: Final = re.compile(r"\$\{\{((?:(?!\$\{\{).)*?)\}\}", re.DOTALL)
_AXIS_USED: Final = re.compile(r"\bmatrix\.([A-Za-z_][A-Za-z0-9_-]*)")
_NAME: Final = re.compile(r"([a-z]+)\.([A-Za-z_][A-Za-z0-9_-]*)")
_LITERAL: Final = re.compile(r"'([^'{}$]*)'")
_PLACEHOLDER: Final = re.compile(r"(?<!\$)\{(?:reports|commit|tree|range|matrix\.[^{}\s]*)\}")
_SECRET: Final = re.compile(r"\bsecrets\.([A-Za-z0-9_]+)|\bgithub\.token\b")
_BRANCH_IS: Final = re.compile(r"github\.ref(_name)? == '(refs/heads/)?([^']+)'")
_STARTS_WITH: Final = re.compile(r"startsWith\(github\.ref, ?'refs/(heads|tags)/([^']*)'\)")
_SYSTEM_IS: Final = re.compile(r"(?:runner\.os|matrix\.os) (==|!=) '([^']*)'")
_LINUX: Final = re.compile(r"linux|ubuntu.*", re.IGNORECASE)
_NOT_HERE: Final = (
    re.compile(r"github\.repository(?:_owner)? == '[^']*'"),
    re.compile(r"!?github\.event\.repository\.fork(?: == false)?"),
    re.compile(r"github\.event\.pull_request\.draft == false|!github\.event\.pull_request\.draft"),
)
"""Conditions that keep a job from running where it would be useless: in forks, for drafts."""
_ALWAYS: Final = frozenset({"success()", "always()", "!cancelled()", "success() || failure()"})
"""Conditions that here, where what failed before ends the job anyway, are the same."""
_EVENTS: Final = frozenset({"github.event_name == 'push'", "github.event_name != 'pull_request'"})
_ON_CHANGES: Final = frozenset({"pull_request", "merge_group"})
_TYPES_OF_CHANGES: Final = frozenset({"opened", "synchronize", "reopened", "checks_requested"})


class Untranslatable(Exception):  # noqa: N818 - an answer, not an error
    """Why something has no meaning here."""


@dataclass(frozen=True)
class Context:
    """What is known: what stands for each axis of the matrix, and the environment."""

    axes: Mapping[str, str]
    env: Mapping[str, str]

    def fill(self, text: str) -> str:
        """Return a text with its expressions replaced. Raises Untranslatable."""
        if _PLACEHOLDER.search(text):
            raise Untranslatable("has braces that localci itself fills in")
        for character in text:
            if not (character.isprintable() or character in "\n\t"):
                raise Untranslatable(f"has the character U+{ord(character):04X}")
        if "$${{" in text:
            # What was filled in would be read as `${…}`, the shell's own.
            raise Untranslatable("has an expression behind a `$`")
        filled = _EXPRESSION.sub(lambda match: self._value(" ".join(match[1].split())), text)
        if "${{" in filled:
            raise Untranslatable("has an expression without an end")
        return filled

    def _value(self, expression: str) -> str:
        if literal := _LITERAL.fullmatch(expression):
            return literal[1]
        if expression == "github.sha":
            return "{commit}"
        if expression == "runner.os":
            return "Linux"
        name = _NAME.fullmatch(expression)
        if name and name[1] == "matrix" and name[2] in self.axes:
            return self.axes[name[2]]
        if name and name[1] == "env" and name[2] in self.env:
            return self.env[name[2]]
        raise Untranslatable(_why(expression))


@dataclass(frozen=True)
class Condition:
    """When a job or step runs: `when` is the table of a check, empty for always."""

    branches: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Never(Untranslatable):
    """It does not run on a machine like this, or only where something has failed."""


def axes_used(*texts: str) -> frozenset[str]:
    """Return the axes that expressions in the texts name."""
    inside = " ".join(found for text in texts for found in _EXPRESSION.findall(text))
    return frozenset(_AXIS_USED.findall(inside))


def read_condition(text: str) -> Condition:
    """Return what an `if:` says. Raises Untranslatable, Never among them."""
    whole = " ".join(_EXPRESSION.sub(r"\1", text).replace('"', "'").split())
    if not whole or whole == "true":
        return Condition()
    needs_ref = False
    refs: list[tuple[str, str]] = []
    for term in (part.strip() for part in whole.split(" && ")):
        if term in _EVENTS:
            needs_ref = True
        elif term not in _ALWAYS and not _is_void(term):
            found = _refs(term)
            if not found or refs:
                raise Untranslatable(f"has `if: {whole}`, which is not known here")
            refs = found
    if needs_ref and not refs:
        raise Untranslatable(f"has `if: {whole}`, and localci knows no events")
    return Condition(
        tuple(name for kind, name in refs if kind == "heads"),
        tuple(name for kind, name in refs if kind == "tags"),
    )


def _is_void(term: str) -> bool:
    """Tell whether a condition holds on every machine like this. Raises Never."""
    if system := _SYSTEM_IS.fullmatch(term):
        if (_LINUX.fullmatch(system[2]) is not None) != (system[1] == "=="):
            raise Never("is not for Linux")
        return True
    if term in {"failure()", "cancelled()", "false"}:
        raise Never("runs only after a failure, or never")
    return any(pattern.fullmatch(term) for pattern in _NOT_HERE)


def _refs(term: str) -> list[tuple[str, str]]:
    """Return the branches and tags of which a term lets any pass, none for what is no such term."""
    inner = term[1:-1] if term.startswith("(") and term.endswith(")") else term
    found = [_ref(part.strip()) for part in inner.split(" || ")]
    return [] if None in found else [ref for ref in found if ref is not None]


def read_triggers(node: YamlNode) -> Condition:
    """Return for what a workflow runs, by its `on:`. Raises Untranslatable."""
    events = set(node.table) or set(node.texts)
    changes = [name for name in sorted(events & _ON_CHANGES) if _is_of_changes(node.get(name))]
    if changes:
        return Condition()
    if "push" not in events:
        named = ", ".join(sorted(events)) or "nothing"
        raise Untranslatable(f"runs on {named} only, not on a change")
    push = node.get("push")
    branches = _patterns(push.get("branches"))
    tags = _patterns(push.get("tags"))
    if {"*", "**"} & set(branches):
        branches = ()
    is_everywhere = not branches and ("branches" in push.table or not tags)
    return Condition() if is_everywhere else Condition(branches, tags)


def left_out_filters(node: YamlNode) -> tuple[str, ...]:
    """Return the filters of an `on:` that are not translated: here its checks run more often."""
    named = [
        f"{event}.{key}"
        for event in ("push", "pull_request")
        for key in ("paths", "paths-ignore", "branches-ignore", "tags-ignore")
        if node.get(event, key).value is not None
    ]
    return tuple(named)


def _is_of_changes(event: YamlNode) -> bool:
    """Tell whether an event comes with each change, and not with labels and the like."""
    types = event.get("types").texts
    return not types or not _TYPES_OF_CHANGES.isdisjoint(types)


def _patterns(node: YamlNode) -> tuple[str, ...]:
    for pattern in node.texts:
        if fault := ref_pattern_fault(pattern):
            raise Untranslatable(f"`on: push` has the pattern {pattern}, which {fault}")
    return node.texts


def _ref(term: str) -> tuple[str, str] | None:
    if match := _BRANCH_IS.fullmatch(term):
        is_branch = match[1] or match[2]
        name = match[3]
        return ("heads", name) if is_branch and not ref_pattern_fault(name) else None
    if match := _STARTS_WITH.fullmatch(term):
        name = f"{match[2]}**"
        return (match[1], name) if not ref_pattern_fault(name) else None
    return None


def _why(expression: str) -> str:
    secret = _SECRET.search(expression)
    if secret:
        return f"uses the secret {secret[1] or 'github.token'}"
    return f"`${{{{ {expression} }}}}` is not known here"
