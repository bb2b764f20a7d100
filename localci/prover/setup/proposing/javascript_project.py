"""The checks of a JavaScript or TypeScript project, by its package.json, lock file and settings."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.config.presets import preset_table
from localci.prover.setup.proposing.javascript_scripts import (
    eslint_arguments,
    other_commands,
    other_scripts,
)
from localci.prover.setup.proposing.proposal import (
    Proposal,
    ProposedCheck,
    in_directory,
    preset_check,
    slug,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from localci.formats.strict_json import JsonValue
    from localci.prover.setup.proposing.project_files import ProjectFiles

_MANIFEST: Final = "package.json"
_MODULES: Final = "node_modules"
_LOCKS: Final = (
    ("package-lock.json", "npm ci --no-audit --no-fund"),
    ("npm-shrinkwrap.json", "npm ci --no-audit --no-fund"),
    ("pnpm-lock.yaml", "pnpm install --frozen-lockfile"),
    ("yarn.lock", "yarn install --frozen-lockfile"),
    ("bun.lock", "bun install --frozen-lockfile"),
    ("bun.lockb", "bun install --frozen-lockfile"),
)
_NEW_YARN: Final = "yarn install --immutable"
_WITHOUT_LOCK: Final = "npm install --no-audit --no-fund --no-package-lock"
_ESLINT_SETTINGS: Final = (
    *(f"eslint.config.{end}" for end in ("js", "mjs", "cjs", "ts", "mts", "cts")),
    *(f".eslintrc{end}" for end in ("", ".js", ".cjs", ".json", ".yml", ".yaml")),
)
_RUNNERS: Final = ("vitest", "jest")
_OWN_CHECKS: Final = frozenset({"eslint", "tsc"})
"""What is a check of its own, where the script `test` runs it too."""
# What `npm init` writes where there are no tests.
_NO_TESTS: Final = "no test specified"


@dataclass(frozen=True)
class _Package:
    files: ProjectFiles
    manifest: Mapping[str, JsonValue]

    @property
    def dependencies(self) -> frozenset[str]:
        tables = (self.manifest.get(key) for key in ("devDependencies", "dependencies"))
        return frozenset(name for table in tables if isinstance(table, dict) for name in table)

    @property
    def scripts(self) -> Mapping[str, str]:
        table = self.manifest.get("scripts")
        rows = table.items() if isinstance(table, dict) else ()
        return {name: line for name, line in rows if isinstance(line, str)}

    @property
    def is_yarn_2(self) -> bool:
        """Whether yarn is of a version that knows no `--frozen-lockfile`."""
        named = str(self.manifest.get("packageManager", ""))
        is_later = named.startswith("yarn@") and not named.startswith("yarn@1.")
        return self.files.has(".yarnrc.yml") or is_later


def javascript_proposal(files: ProjectFiles) -> Proposal:
    """Return what to run for a project of npm and its like. Raises UsageError."""
    if not files.has(_MANIFEST):
        return Proposal()
    package = _Package(files, files.json(_MANIFEST))
    checks = tuple(in_directory(check, files.directory) for check in _checks(package))
    notes = tuple(_notes(package, checks))
    if not checks:
        return Proposal(notes=notes)
    lock, install = _installation(package)
    if files.directory:
        install = f"(cd {shlex.quote(files.directory)} && {install})"
    inputs = [_MANIFEST, *([lock] if lock else [])]
    return Proposal(
        checks=checks,
        setup=(install,),
        setup_inputs=tuple(map(files.path, inputs)),
        keep=(files.path(_MODULES),),
        notes=notes,
    )


def is_workspace_member(root: ProjectFiles) -> bool:
    """Tell whether package.json files below the root are installed with the root's."""
    return root.has("pnpm-workspace.yaml") or "workspaces" in root.json(_MANIFEST)


def _installation(package: _Package) -> tuple[str, str]:
    here = (row for row in _LOCKS if package.files.has(row[0]))
    lock, install = next(here, ("", ""))
    if lock == "yarn.lock" and package.is_yarn_2:
        return lock, _NEW_YARN
    return lock, install or _WITHOUT_LOCK


def _checks(package: _Package) -> Iterator[ProposedCheck]:
    files, dependencies = package.files, package.dependencies
    if "eslint" in dependencies and (
        files.has(*_ESLINT_SETTINGS) or "eslintConfig" in package.manifest
    ):
        yield _lint(package)
    if "typescript" in dependencies and files.has("tsconfig.json"):
        yield preset_check("types", "tsc", "js")
    runner = _runner(package, dependencies)
    if runner:
        yield from _tests(package, runner)
    elif _has_test_script(package):
        yield ProposedCheck("tests", {"run": "npm test"}, "js")


def _tests(package: _Package, runner: str) -> Iterator[ProposedCheck]:
    """Yield the runner's check, with what the script `test` does before it, and what it does after.

    Scripts after it, for instance of types, are checks of their own.
    """
    before, after = other_scripts(package.scripts, runner, _OWN_CHECKS)
    tests = preset_check("tests", runner, "js")
    if before:
        first = "".join(f"npm run {name} || exit\n" for name in before)
        run = str((preset_table(runner) or {}).get("run", ""))
        tests = preset_check("tests", runner, "js", run=f"{first}{run}")
    yield tests
    taken = {"lint", "types", "tests"}
    for name in after:
        check = slug(name, taken)
        taken.add(check)
        yield ProposedCheck(check, {"run": f"npm run {name}"}, "js")


def _lint(package: _Package) -> ProposedCheck:
    arguments, strict = eslint_arguments(package.files, package.scripts)
    more: dict[str, JsonValue] = {"env": {"ESLINT_ARGUMENTS": arguments}} if arguments else {}
    if strict:
        more["fail_on"] = "low"
    return preset_check("lint", "eslint", "js", **more)


def _runner(package: _Package, dependencies: Collection[str]) -> str:
    """Return the runner of the script `test`, or else the one that is installed."""
    script = package.scripts.get("test", "").split()
    named = [runner for runner in _RUNNERS if runner in script and runner in dependencies]
    installed = [runner for runner in _RUNNERS if runner in dependencies]
    return next(iter(named or ([] if _has_test_script(package) else installed)), "")


def _has_test_script(package: _Package) -> bool:
    script = package.scripts.get("test", "")
    return bool(script) and _NO_TESTS not in script


def _notes(package: _Package, checks: Collection[ProposedCheck]) -> Iterator[str]:
    where = package.files.path(_MANIFEST)
    if "eslint" in package.dependencies and not any(check.uses == "eslint" for check in checks):
        yield f"{where}: eslint is installed and has no configuration"
    runner = next((check.uses for check in checks if check.uses in _RUNNERS), "")
    if runner and (others := other_commands(package.scripts, runner, _OWN_CHECKS)):
        yield f"{where}: the script `test` also runs `{'`, `'.join(others)}`, which no check does"
    if checks and not any(package.files.has(name) for name, _ in _LOCKS):
        yield f"{where}: without a lock file each setup installs the newest versions"
