"""The verifier's workflow as `localci init` writes it: the shipped one, for one repository."""

from __future__ import annotations

import json

import pytest
import yaml

from localci.prover.setup.verifier_workflow import (
    WORKFLOW_FILE,
    names_example,
    propose_workflow,
    read_action,
)
from support.isolation import PROJECT

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_for_main_and_with_nothing_known_it_is_the_shipped_one() -> None:
    proposed = propose_workflow("main", "")

    assert proposed == (PROJECT / WORKFLOW_FILE).read_bytes()
    assert names_example(proposed)


@pytest.mark.parametrize(
    ("branch", "pattern"),
    [
        ("trunk", "trunk"),
        ("release/1.x", "release/1.x"),
        ("a: [b", "a: [b"),
        ("on", "on"),
        ("c++", "c\\+\\+"),
        ("!x", "\\!x"),
        ("größe", "größe"),
    ],
)
def test_it_judges_the_pushes_to_the_default_branch(branch: str, pattern: str) -> None:
    workflow = yaml.safe_load(propose_workflow(branch, ""))

    # YAML 1.1 takes the key `on` for a truth value.
    assert workflow[True]["push"]["branches"] == [pattern]


def test_it_names_the_localci_that_wrote_it_and_is_else_as_shipped() -> None:
    proposed = propose_workflow("main", f"team/localci@{COMMIT}")

    assert not names_example(proposed)
    before = (PROJECT / WORKFLOW_FILE).read_text("utf-8").splitlines()
    after = proposed.decode("utf-8").splitlines()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [f"      - uses: team/localci@{COMMIT}"]


def written_by_pip(url: str, commit: str = COMMIT) -> str:
    return json.dumps({"url": url, "vcs_info": {"vcs": "git", "commit_id": commit}})


@pytest.mark.parametrize(
    ("direct_url", "action"),
    [
        (written_by_pip("https://github.com/team/localci"), f"team/localci@{COMMIT}"),
        (written_by_pip("ssh://git@GitHub.com/team/localci.git"), f"team/localci@{COMMIT}"),
        (written_by_pip("https://github.com/team/localci", COMMIT[:7]), ""),
        (written_by_pip("https://github.com/team/localci/sub"), ""),
        (written_by_pip("https://github.com/team/local ci"), ""),
        (written_by_pip("https://gitlab.com/team/localci"), ""),
        (written_by_pip("https://x.org/github.com/team/localci"), ""),
        ('{"url": "file:///srv/localci", "dir_info": {}}', ""),
        ('{"url": "x", "vcs_info": []}', ""),
        ("[]", ""),
        ("", ""),
    ],
)
def test_pip_wrote_down_where_localci_is_from(direct_url: str, action: str) -> None:
    assert read_action(direct_url) == action
