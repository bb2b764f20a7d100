"""A person's machine that runs checks, reuses and signs; what checks say is the test's to choose.

Keys, store, signatures and notes are real. Only commands are not run: a result is made up in their
place, so that a test takes no longer than its signatures.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from localci.config.read_configuration import read_configuration
from localci.formats.result import CheckResult, ExitFigures, ResultDocument
from localci.git.command import run_git, user_environment
from localci.git.listing import parse_listing
from localci.git.objects import ObjectReader
from localci.git.tree_files import TreeFiles
from localci.prover.attest.my_key import MyKey
from localci.prover.attest.openpgp_signer import OwnKey
from localci.prover.attest.origins import sign_with_origins
from localci.prover.attest.statements import Source, new_run_id
from localci.prover.plan.plan import plan_run
from localci.prover.reuse.key import check_keys
from localci.prover.reuse.store import Stored, find_result, keep_run
from localci.prover.reuse.surroundings import look_around
from localci.prover.reuse.team import TeamRequest, team_results
from localci.prover.reuse.terms import reuse_terms
from support.attested import attach
from support.project import REPOSITORY
from support.repositories import git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support.keys import Key
    from support.project import Project

CHECKS: Final = """\
version = 1
[checks.lint]
run = "ruff check"
inputs = ["src/**"]
[checks.tests]
run = "pytest -q"
inputs = ["src/**", "tests/**"]
[checks.docs]
run = "sphinx-build docs out"
inputs = ["docs/**"]
"""
FILES: Final = {"src/a.py": "1", "tests/a.py": "1", "docs/a.md": "1", "localci.toml": CHECKS}
REQUIRED: Final = "[require.lint]\n[require.tests]\n[require.docs]\n"


@dataclass
class Machine:
    """What one person has: a key, a state directory, and the repository that all share here."""

    project: Project
    key: Key
    state: Path
    isolation: str = "none"
    lines: dict[str, tuple[bytes, ...]] = field(default_factory=dict)

    def run(self, *failing: str, revision: str = "HEAD", **changes: Any) -> ResultDocument:
        """Run what is not known; `failing` checks fail. `changes` go into what ran."""
        repository, now = self.project.path, int(time.time())
        commit, tree = (git(repository, "rev-parse", f"{revision}{end}") for end in ("", "^{tree}"))
        with self._at_home(), self._objects() as objects:
            files = TreeFiles(objects, tree)
            listing = self._listing(tree)
            settings = read_configuration(files.read)
            plan = plan_run(settings, listing)
            passed = {"PATH": os.environ["PATH"]}
            around = look_around(plan, settings.run, listing, passed, self.isolation)
            keys = check_keys(plan, commit, tree, around)
            terms = reuse_terms(files)
            found: dict[str, Stored] = {}
            for planned in plan.checks:
                name = planned.check.name
                stored = find_result(self._common_dir, planned, keys[name], terms, commit, now)
                if stored is not None:
                    found[name] = stored
            request = TeamRequest(self._common_dir, commit, tree, "origin", self.isolation, now)
            missing = [planned for planned in plan.checks if planned.check.name not in found]
            found.update(team_results(objects, files, request, missing))
            document = ResultDocument(
                commit,
                tree,
                new_run_id(),
                now - 20,
                now,
                {
                    planned.check.name: found[planned.check.name].check
                    if planned.check.name in found
                    else CheckResult(
                        planned.check.name not in failing,
                        ExitFigures(),
                        now - 15,
                        now - 5,
                        exit_code=int(planned.check.name in failing),
                        definition=planned.definition,
                        inputs=planned.inputs,
                        **changes,
                    )
                    for planned in plan.checks
                },
                environment={
                    "os": os.uname().sysname.lower(),
                    "arch": os.uname().machine,
                    "isolation": self.isolation,
                },
            )
            keep_run(self._common_dir, document, keys, {}, whole=True)
        return document

    def sign(self, document: ResultDocument) -> Mapping[str, tuple[bytes, ...]]:
        """Sign and attach; return the lines that are new, by what they hang on."""
        with self._at_home(), OwnKey(MyKey(self.key.fingerprint, "gpg")).open() as signer:
            made = sign_with_origins(
                document, lambda _: Source(REPOSITORY), signer, self._common_dir
            )
        for name, lines in made.items():
            self.lines[name] = (*self.lines.get(name, ()), *lines)
        attach(self.project.path, self.lines)
        return made

    def verdict(self, *arguments: str) -> dict[str, Any]:
        """Return the real verifier's verdict."""
        done = self.project.localci("verify", "--json", *arguments)
        verdict: dict[str, Any] = json.loads(done.output)
        return verdict

    @property
    def _common_dir(self) -> str:
        return str(self.project.path / ".git")

    def _objects(self) -> ObjectReader:
        return ObjectReader(str(self.project.path), user_environment())

    def _listing(self, tree: str) -> Any:
        listed = run_git(
            ["ls-tree", "-r", "-z", "--full-tree", tree],
            directory=str(self.project.path),
            environment=user_environment(),
        )
        return parse_listing(listed)

    @contextmanager
    def _at_home(self) -> Iterator[None]:
        before = os.environ.get("XDG_STATE_HOME")
        os.environ["XDG_STATE_HOME"] = str(self.state)
        try:
            yield
        finally:
            del os.environ["XDG_STATE_HOME"]
            if before is not None:
                os.environ["XDG_STATE_HOME"] = before


def reused(document: ResultDocument) -> set[str]:
    """Return the names of the checks that were reused."""
    return {name for name, check in document.checks.items() if check.reused_from is not None}
