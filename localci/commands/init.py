"""`localci init`: propose checks, policy, key and hook; change nothing without consent."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from localci.config.configuration_file import CONFIGURATION_FILE
from localci.config.policy import KEYS_DIRECTORY, POLICY_FILE
from localci.console import complain, harmless, say
from localci.errors import PASSED, LocalciError, UsageError
from localci.git.discovery import find_repository
from localci.git.settings import read_settings
from localci.gpg.certificate import Certificate
from localci.gpg.key_generation import Protection
from localci.native_hook import install_hook
from localci.prover.setup.first_push import push_commands
from localci.prover.setup.initial_plan import draw_up, files_to_write
from localci.prover.setup.own_key import (
    ask_for_passphrase,
    make_own_key,
    name_own_key,
    plan_own_key,
    request_key,
)
from localci.prover.setup.own_public_key import from_keyring
from localci.prover.setup.verifier_workflow import WORKFLOW_FILE, names_example
from localci.prover.setup.working_tree import path_in_tree, working_tree

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from localci.config.policy import PublicKey
    from localci.git.discovery import RepositoryPaths
    from localci.git.settings import GitSettings
    from localci.gpg.key_generation import KeyRequest
    from localci.prover.setup.initial_plan import InitialPlan
    from localci.prover.setup.working_tree import WorkingTree

_EPILOG = """\
What is there is kept: a second `localci init` changes nothing.

exit codes: 0 done, nothing to do, or declined; 2 not without your consent, or
something is wrong
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    parser.add_argument(
        "--repository", default="", metavar="NAME",
        help="what the policy is for, like github.com/you/app; default: the remote's address",
    )  # fmt: skip
    parser.add_argument(
        "--from", dest="source", metavar="PATH",
        help="turn the steps of these GitHub workflows into checks: .github/workflows, or a file",
    )  # fmt: skip
    parser.add_argument(
        "--no-passphrase", action="store_true", help="if a key is made, make it without one"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Show the plan, ask, carry it out, and say what comes next."""
    repository = find_repository(str(Path.cwd()))
    settings = read_settings(repository)
    files = working_tree(repository)
    source = path_in_tree(files, arguments.source) if arguments.source is not None else ""
    plan = draw_up(repository, files, settings, arguments.repository, source)
    request = None if plan.key else request_key(settings)
    protection = Protection.NONE if arguments.no_passphrase else Protection.PINENTRY
    key_lines = plan_own_key(settings, request, protection) if request else _used_key(plan)
    push = tuple(push_commands(repository, settings))
    _say_all(_kept_lines(plan))
    if plan.is_empty:
        _say_all(_next_lines(plan, push))
        return PASSED
    _say_all(_plan_lines(plan, key_lines))
    if not arguments.yes and not _consents():
        say("nothing was changed")
        return PASSED
    if request and protection is Protection.PINENTRY:
        ask_for_passphrase()
    if request:
        plan = replace(plan, key=_make_key(repository, settings, request, protection))
    _write(files, files_to_write(plan, files, settings))
    code = PASSED if plan.called_by else _install_hook(repository)
    _say_all(_next_lines(plan, push))
    return code


def _kept_lines(plan: InitialPlan) -> Iterator[str]:
    if plan.configuration is None:
        yield f"kept: {plan.configured_in}"
    if plan.policy is None:
        yield f"kept: {POLICY_FILE}"
    if plan.verified_by:
        yield f"kept: {plan.verified_by}"
    if plan.called_by:
        yield f"kept: the hook, {plan.called_by}"


def _used_key(plan: InitialPlan) -> Iterator[str]:
    if plan.policy is not None and plan.key is not None:
        yield f"use your signing key {plan.key.fingerprint}"


def _plan_lines(plan: InitialPlan, key_lines: Iterable[str]) -> Iterator[str]:
    yield "localci init will, in this order:"
    for line in key_lines:
        yield line if line.startswith(" ") else f"- {line}"
    if plan.configuration is not None:
        yield f"- write {CONFIGURATION_FILE}:"
        yield from _indented(plan.configuration)
    if plan.policy is not None:
        if plan.key is None or isinstance(plan.key, Certificate):
            yield f"- write your public key into {KEYS_DIRECTORY}/"
        yield f"- write {POLICY_FILE}, with you as its first [[signer]], a maintainer:"
        yield from _indented(plan.policy)
    if plan.workflow is not None:
        yield from _workflow_lines(plan.workflow)
    if not plan.called_by:
        yield "- install the pre-push hook; a hook that is there is kept and runs first"


def _workflow_lines(workflow: bytes) -> Iterator[str]:
    shown = [line.strip(" -") for line in workflow.decode("utf-8").splitlines()]
    branches = next(line for line in shown if line.startswith("branches:"))
    uses = next(line for line in shown if line.startswith("uses:"))
    yield f"- write {WORKFLOW_FILE}: the check `localci` on GitHub"
    yield "  for pull requests and these branches; it runs nothing of the project:"
    yield from (f"    {line.partition(' #')[0]}" for line in (branches, uses))


def _indented(text: bytes) -> Iterator[str]:
    return (f"    {line}".rstrip() for line in text.decode("utf-8").splitlines())


def _consents() -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            "nothing was changed: there is no terminal to ask on", then="`localci init --yes`"
        )
    try:
        return input("Proceed? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _make_key(
    repository: RepositoryPaths, settings: GitSettings, request: KeyRequest, protection: Protection
) -> PublicKey:
    fingerprint = make_own_key(settings, request, protection)
    _say_all((f"made the signing key {fingerprint}",))
    _say_all(name_own_key(repository, settings, fingerprint))
    return from_keyring(settings, fingerprint)


def _write(files: WorkingTree, written: Mapping[str, bytes]) -> None:
    files.write(written)
    _say_all(f"wrote {path}" for path in written)


def _install_hook(repository: RepositoryPaths) -> int:
    """Install it last: where that cannot be done, all the rest is done nevertheless."""
    try:
        _say_all(install_hook(repository))
    except LocalciError as error:
        complain(error)
        return error.exit_code
    return PASSED


def _next_lines(plan: InitialPlan, push: Sequence[str]) -> Iterator[str]:
    paths = []
    if plan.configuration is not None:
        paths.append(CONFIGURATION_FILE)
    if plan.policy is not None:
        paths.append(".localci")
    if plan.workflow is not None:
        paths.append(WORKFLOW_FILE)
    if paths:
        yield "next:"
        if plan.workflow is not None and names_example(plan.workflow):
            yield f"  edit {WORKFLOW_FILE}:"
            yield "    after `uses:`, your copy of localci on GitHub, by its commit"
        yield f"  git add {' '.join(paths)}"
        yield '  git commit -m "Check with localci"'
        for line in push:
            hint = "  # runs the checks, signs, delivers" if line.startswith("git push") else ""
            yield f"  {line}{hint}"
        yield "  localci verify"
        yield from _forge_lines(plan)
    elif not plan.trusted:
        yield f"next: {POLICY_FILE} does not name your key yet: `localci trust add`"
    elif plan.is_empty:
        yield "nothing to do: all is in place"


def _forge_lines(plan: InitialPlan) -> Iterator[str]:
    if plan.policy is None or not (plan.workflow or plan.verified_by):
        return
    yield f"and once that is on the default branch of {plan.repository}, and not before:"
    yield "  require the check `localci` there"
    yield "  (that push itself gets no green: no policy was trusted before it)"


def _say_all(lines: Iterable[str]) -> None:
    for line in lines:
        say(harmless(line))
