"""Read a configuration (design 3.1) by hand, without jsonschema.

`localci/schemas/localci-1.json` says the same for editors and other tools; a test holds both equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci import __version__
from localci.config.configuration import (
    Configuration,
    HookSettings,
    NotesSettings,
    PublishSettings,
    RunSettings,
)
from localci.config.configuration_file import find_configuration
from localci.config.faults import command_fault, remote_fault, variable_fault
from localci.config.paths import path_fault, pattern_fault, search_path_fault
from localci.config.policy_fields import MAX_AGE
from localci.config.read_checks import MAX_SECONDS, read_checks
from localci.config.read_profiles import read_profiles
from localci.config.read_services import read_services
from localci.config.tied_checks import refuse_unknown_profiles, tied_checks
from localci.git.refs import SHARDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from localci.config.configuration import Check
    from localci.config.section import Section

VERSION: Final = 1
_LEAST_KEPT: Final = 86_400

_TOP_KEYS: Final = ("version", "run", "checks", "services", "profiles", "hook", "publish", "notes")
_RUN_KEYS: Final = (
    "jobs",
    "workspace",
    "keep",
    "setup",
    "setup_inputs",
    "setup_timeout",
    "env",
    "pass_env",
    "isolation",
    "fail_fast",
    "path",
)
_DEFAULTS: Final = RunSettings()


def read_configuration(read_file: Callable[[str], bytes | None]) -> Configuration:
    """Read `localci.toml`, or `[tool.localci]` of `pyproject.toml`, from a tree.

    `read_file` returns the bytes of a file of the tree, or None where there is none. Raises
    UsageError with file, line and what is wrong.
    """
    found = find_configuration(read_file)
    root = found.root
    root.refuse_unknown(_TOP_KEYS)
    _read_version(root)
    run = _read_run(root.table("run"))
    hook = _read_hook(root.table("hook"))
    publish = _read_publish(root.table("publish"))
    notes = _read_notes(root.table("notes"))
    services = read_services(root)
    checks = tied_checks(read_checks(root), services, root.table("checks"))
    _refuse_contradiction(run, checks, root)
    profiles = read_profiles(root, [check.name for check in checks])
    refuse_unknown_profiles(checks, profiles, root.table("checks"))
    return Configuration(
        file=found.name,
        run=run,
        checks=checks,
        publish=publish,
        tables=found.tables,
        services=services,
        profiles=profiles,
        hook=hook,
        notes=notes,
    )


def _read_version(root: Section) -> None:
    if "version" not in root.values:
        raise root.file.error(root.path, f"`version = {VERSION}` is missing")
    version = root.whole_number("version")
    if version != VERSION:
        raise root.error("version", f"is {version}; localci {__version__} reads version {VERSION}")


def _read_run(run: Section) -> RunSettings:
    run.refuse_unknown(_RUN_KEYS)
    return RunSettings(
        keep=tuple(path.rstrip("/") for path in run.texts("keep", fault=_keep_fault)),
        setup=run.text("setup", fault=command_fault),
        setup_inputs=run.texts("setup_inputs", fault=pattern_fault),
        setup_timeout=run.seconds("setup_timeout", most=MAX_SECONDS) or _DEFAULTS.setup_timeout,
        env=run.environment("env", variable_fault),
        pass_env=run.texts("pass_env", _DEFAULTS.pass_env, fault=_pass_fault),
        jobs=run.whole_number("jobs") or 0,
        workspace=run.choice("workspace", ("clone", "in-place"), "clone"),
        isolation=run.choice("isolation", ("auto", "require", "none"), "auto"),
        fail_fast=run.boolean("fail_fast"),
        path=run.texts("path", fault=search_path_fault),
    )


def _refuse_contradiction(run: RunSettings, checks: Sequence[Check], root: Section) -> None:
    for check in checks:
        if run.isolation == "require" and not check.isolated:
            section = root.table("checks").table(check.name)
            raise section.error("isolation", 'is "none", and [run] requires isolation')


def _read_hook(hook: Section) -> HookSettings:
    hook.refuse_unknown(("when_missing", "cancel_older"))
    return HookSettings(
        when_missing=hook.choice("when_missing", ("auto", "run", "background"), "auto"),
        cancel_older=hook.boolean("cancel_older", default=True),
    )


def _read_publish(publish: Section) -> PublishSettings:
    publish.refuse_unknown(("remotes", "on_failure"))
    return PublishSettings(
        remotes=publish.texts("remotes", fault=remote_fault),
        stop_on_failure=publish.choice("on_failure", ("stop", "warn"), "stop") == "stop",
    )


def _read_notes(notes: Section) -> NotesSettings:
    notes.refuse_unknown(("shards", "keep"))
    shards = notes.whole_number("shards")
    if shards is not None and shards not in SHARDS:
        raise notes.error("shards", f"is {shards}; 1, 16 or 256 can be")
    return NotesSettings(
        shards=shards or 1,
        keep=notes.seconds("keep", least=_LEAST_KEPT, most=MAX_AGE),
    )


def _keep_fault(path: str) -> str:
    if path.partition("/")[0].casefold() == ".git":
        return "names git's own directory"
    return path_fault(path.removesuffix("/"))


def _pass_fault(name: str) -> str:
    if name.startswith("CI_SIGNING_"):
        return f"names {name}; no check ever gets the signing key"
    return variable_fault(name)
