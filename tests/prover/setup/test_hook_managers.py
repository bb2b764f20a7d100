"""Whether a configuration of pre-commit or prek calls localci."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.prover.setup.hook_managers import hook_manager_configuration
from localci.prover.setup.working_tree import WorkingTree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "repos:\n- repo: https://x/localci\n  rev: v1\n  hooks:\n    - id: localci\n",
        "      - id: 'localci'  # every push\n",
        "    hooks:\n    - {id: localci}\n",
    ],
)
def test_the_hook_is_found(text: str, tmp_path: Path) -> None:
    (tmp_path / ".pre-commit-config.yaml").write_text(text, encoding="utf-8")

    assert hook_manager_configuration(WorkingTree(tmp_path)) == ".pre-commit-config.yaml"


@pytest.mark.parametrize(
    "text", ["- repo: https://x/localci\n", "- id: localci-other\n", "# - id: localci\n", ""]
)
def test_what_only_looks_like_it_is_not(text: str, tmp_path: Path) -> None:
    (tmp_path / ".pre-commit-config.yaml").write_text(text, encoding="utf-8")

    assert hook_manager_configuration(WorkingTree(tmp_path)) == ""


def test_prek_has_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "prek.toml").write_text('[[repos.hooks]]\nid = "localci"\n', encoding="utf-8")

    assert hook_manager_configuration(WorkingTree(tmp_path)) == "prek.toml"
