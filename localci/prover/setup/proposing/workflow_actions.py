"""What the actions of a workflow's steps mean here: nothing, a tool of this machine, or a preset.

An action that is not known is Untranslatable, and so is a known one with inputs that would make it
do something else than the preset.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.prover.setup.proposing.workflow_expressions import Untranslatable

if TYPE_CHECKING:
    from localci.prover.setup.proposing.workflow_file import Step
    from localci.prover.setup.proposing.yaml_file import YamlNode

_UNDERSTOOD: Final = re.compile(
    r"actions/(?:checkout|cache(?:/[a-z]+)?|setup-(?:python|node|go|java)|upload-artifact)"
    r"|astral-sh/setup-uv|snok/install-poetry|pdm-project/setup-pdm|pnpm/action-setup"
    r"|oven-sh/setup-bun|dtolnay/rust-toolchain|actions-rs/toolchain|moonrepo/setup-rust"
    r"|actions-rust-lang/setup-rust-toolchain|swatinem/rust-cache|taiki-e/install-action"
    r"|mozilla-actions/sccache-action|step-security/harden-runner|codecov/codecov-action"
    r"|coverallsapp/github-action|egor-tensin/setup-gcc|docker/setup-[a-z-]+"
    r"|test-summary/action|mikepenz/action-junit-report|dorny/test-reporter"
)
"""Actions that bring a tool of this machine, or report elsewhere."""
_PRESETS: Final = {
    "pre-commit/action": "pre-commit", "gitleaks/gitleaks-action": "gitleaks",
    "rustsec/audit-check": "cargo-audit", "actions-rust-lang/audit": "cargo-audit",
    "zizmorcore/zizmor-action": "zizmor", "woodruffw/zizmor-action": "zizmor",
    "raven-actions/actionlint": "actionlint", "astral-sh/ruff-action": "ruff",
    "chartboost/ruff-action": "ruff", "psf/black": "black",
    "pypa/gh-action-pip-audit": "pip-audit",
}  # fmt: skip
_OF_PYPI: Final = frozenset({"ruff", "black", "pip-audit", "pre-commit", "zizmor"})
_RUFF_FORMAT: Final = frozenset({"format --check", "format --check --diff", "format --diff"})
_WITHOUT_EFFECT: Final = frozenset(
    {"token", "github-token", "github_token", "advanced-security", "summary", "version"}
)
"""Inputs that say how an action reports, or are looked at by themselves."""
_AS_WITHOUT: Final = {
    "args": frozenset({"check", *_RUFF_FORMAT}), "src": frozenset({".", "./"}),
    "options": frozenset({"--check", "--check --diff", "--check --verbose"}),
    "extra_args": frozenset({"--all-files", "-a", "--all-files --verbose"}),
    "use_pyproject": frozenset({"true"}),
}  # fmt: skip
"""Inputs with the values that change nothing of what the preset does."""
_VERSION: Final = re.compile(r"v?([0-9]+(?:\.[0-9]+)+)")
_TOOLCHAINS: Final = (
    (re.compile(r"actions/setup-node"), "node-version", "Node.js"),
    (re.compile(r"actions/setup-go"), "go-version", "Go"),
    (re.compile(r"actions/setup-java"), "java-version", "Java"),
    (re.compile(r"dtolnay/rust-toolchain|actions-rs/.*|actions-rust-lang/setup.*"), "toolchain",
     "Rust"),
)  # fmt: skip
_THIS_COMMIT: Final = re.compile(
    r"\$\{\{ *github\.(?:sha|ref|head_ref|event\.pull_request\.head\.(?:sha|ref)) *\}\}"
)
_USUAL: Final = frozenset({"", "stable", "master", "latest", "current"})
_PINNED: Final = re.compile(r"[0-9a-f]{40}|v[0-9.]+")


@dataclass(frozen=True)
class PresetAction:
    """The preset that does what an action does, and what pip installs for it, "" for nothing."""

    preset: str
    package: str


def preset_action(step: Step) -> PresetAction | None:
    """Return what stands for an action here, None for one that brings a tool or reports.

    Raises Untranslatable for any other.
    """
    action, _, version = step.uses.partition("@")
    action = action.lower()
    if action == "actions/checkout":
        _refuse_other_checkout(step.node.get("with"))
    preset = _PRESETS.get(action, "")
    if not preset:
        if not _UNDERSTOOD.fullmatch(action):
            raise Untranslatable(f"uses the action {step.uses}")
        return None
    given = step.node.get("with")
    for key, value in given.table.items():
        if key not in _WITHOUT_EFFECT and value.text not in _AS_WITHOUT.get(key, ()):
            raise Untranslatable(f"gives {step.uses} the input `{key}`, which the preset has not")
    if preset == "ruff" and given.get("args").text in _RUFF_FORMAT:
        preset = "ruff-format"
    asked = given.get("version").text or (version if action == "psf/black" else "")
    return PresetAction(preset, _package(preset, asked))


def other_toolchain(step: Step) -> str:
    """Return which version of a tool an action would bring that is just this machine's here."""
    action, _, version = step.uses.partition("@")
    for pattern, key, name in _TOOLCHAINS:
        if pattern.fullmatch(action.lower()):
            asked = step.node.get("with", key).text
            if name == "Rust" and not asked and not _PINNED.fullmatch(version):
                asked = version
            # Of an axis it is told once, with the axis.
            return "" if asked in _USUAL or "${{" in asked else f"{name} {asked}"
    return ""


def _package(preset: str, version: str) -> str:
    package = "ruff" if preset == "ruff-format" else preset
    if package not in _OF_PYPI:
        return ""
    exact = _VERSION.fullmatch(version)
    if exact is None and version not in _USUAL and not re.fullmatch("[0-9a-f]{40}", version):
        raise Untranslatable(f"asks for {package} {version}")
    return f"{package}=={exact[1]}" if exact else package


def _refuse_other_checkout(given: YamlNode) -> None:
    for key in ("repository", "ref", "path"):
        text = given.get(key).text
        if text and not (key == "ref" and _THIS_COMMIT.fullmatch(text)):
            raise Untranslatable(f"checks out something else, by `{key}`")
