from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from localci.config.configuration import Check
from localci.prover.reuse.terms import ANY_TERMS
from localci.prover.run.preparation import prepare_run
from support.repositories import make_repository
from support.runs import request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from localci.prover.plan.plan import PlannedCheck
    from localci.prover.reuse.store import Stored


def test_of_teammates_is_asked_only_what_depends_on_nothing_of_the_commit(tmp_path: Path) -> None:
    """Nobody knows a teammate's key, which alone holds what a command was told of its commit."""
    asked: list[str] = []

    def teammates(wanted: Sequence[PlannedCheck], _isolation: str) -> Mapping[str, Stored]:
        asked.extend(planned.check.name for planned in wanted)
        return {}

    checks = (
        Check("tests", run="pytest"),
        Check("stamp", run="echo {commit}"),
        Check("tree", run="true", env={"TREE": "{tree}"}),
        Check("secrets", run="gitleaks git", reads_history=True),
        Check("messages", run="gitlint --commits {range}", reads_history=True),
    )
    wanted = request(make_repository(tmp_path / "r", {"a": "1"}), *checks)
    prepare_run(replace(wanted, terms=ANY_TERMS, teammates=teammates))

    assert asked == ["tests", "secrets"]
