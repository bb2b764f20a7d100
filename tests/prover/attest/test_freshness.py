from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from localci.git.command import isolated_environment
from localci.git.objects import ObjectReader
from localci.git.tree_files import TreeFiles
from localci.prover.attest.freshness import fresh_until
from support.documents import NOW, check, document
from support.project import CHECKS
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 'version = 1\nrepository = "example.org/a"\n'
DAY = 86_400
RESULT = document(
    {
        "tests": check(finished_at=NOW),
        "lint": check(finished_at=NOW - DAY),
        "x": check(finished_at=0),
    }
)


@pytest.mark.parametrize(
    ("policy", "until"),
    [
        (HEAD + "[require.tests]\n", math.inf),
        (HEAD + 'max_age = "30d"\n[require.tests]\n', NOW + 30 * DAY),
        (HEAD + 'max_age = "30d"\n[require.tests]\n[require.lint]\n', NOW + 29 * DAY),
        (HEAD + 'max_age = "30d"\n[require.tests]\nmax_age = "1d"\n[require.lint]\n', NOW + DAY),
        (HEAD + '[require.tests]\n[require.lint]\nmax_age = "2d"\n', NOW + DAY),
        (HEAD + 'max_age = "1d"\n[require.other]\n', math.inf),
        (HEAD + 'max_age = "1x"\n[require.tests]\n', math.inf),
        (None, math.inf),
    ],
)
def test_the_first_required_check_to_age_decides(
    tmp_path: Path, policy: str | None, until: float
) -> None:
    files = {"localci.toml": CHECKS} | ({} if policy is None else {".localci/policy.toml": policy})
    repository = make_repository(tmp_path / "r", files)
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    with ObjectReader(str(repository / ".git"), isolated_environment()) as objects:
        assert fresh_until(RESULT, TreeFiles(objects, tree)) == until
