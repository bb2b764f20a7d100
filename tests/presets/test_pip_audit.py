"""The preset `pip-audit` and its reader: the real tool against a database on this machine.

The texts of advisories are those of https://github.com/pypa/advisory-database (CC BY 4.0), by id.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from localci.config.read_configuration import read_configuration
from localci.formats.result import IssueFigures
from localci.prover.reports.readers.pip_audit import severity_of
from support.osv_server import advisory, osv_server
from support.preset_cases import (
    SECRET,
    assert_capped,
    assert_no_verdict,
    assert_not_told,
    path_with,
    path_with_killed,
    path_with_writer,
    path_without,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import make_repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRESET: Final = 'uses = "pip-audit"'
SITE: Final = ".venv/lib/python3.11/site-packages"

CRLF: Final = (
    "In the urllib3 library through 1.24.1 for Python, CRLF injection is possible if the attacker "
    "controls the request parameter."
)
SNIFFING: Final = (
    "The Requests package before 2.20.0 for Python sends an HTTP Authorization header to an http "
    "URI upon receiving a same-hostname https-to-http redirect, which makes it easier for remote "
    "attackers to discover credentials by sniffing the network."
)
ADVISORIES: Final = {
    "urllib3": [advisory("PYSEC-2019-132", "urllib3", f"{CRLF} {SECRET}")],
    "requests": [advisory("PYSEC-2018-28", "requests", SNIFFING)],
    "silent": [advisory("PYSEC-2000-1", "silent", None)],
    "many": [advisory(f"PYSEC-2000-{n}", "many", "code execution") for n in range(100, 160)],
}


def installed(*packages: str, editable: str = "") -> dict[str, str]:
    """Return an environment's files, with packages like `requests 2.0.0` installed."""
    files = {}
    for package in (*packages, *([editable] if editable else [])):
        name, version = package.split()
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        folder = f"{SITE}/{name}-{version}.dist-info"
        files[f"{folder}/METADATA"] = metadata
        if package == editable:
            files[f"{folder}/direct_url.json"] = json.dumps(
                {"url": "file:///src", "dir_info": {"editable": True}}
            )
    return files


@pytest.fixture(scope="module")
def database() -> Iterator[dict[str, str]]:
    """Serve the advisories, and yield the environment in which pip-audit asks there."""
    with osv_server(ADVISORIES) as url:
        yield asking(url)


def asking(url: str) -> dict[str, str]:
    return {"PIP_AUDIT_VULNERABILITY_SERVICE": "osv", "PIP_AUDIT_OSV_URL": url}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("clean") / "r", installed("idna 3.0"))


def test_packages_of_which_nothing_is_known_pass(clean: Path, database: dict[str, str]) -> None:
    run = run_check(clean, PRESET, environ=database)

    assert run.answer == "passed", run.log
    assert dict(run.result.measures) == {"issues.total": 0, "packages.checked": 1}
    assert "No known vulnerabilities found" in run.log


def test_critical_findings_fail_and_others_are_warnings(
    tmp_path: Path, database: dict[str, str]
) -> None:
    packages = installed("urllib3 1.24.1", "requests 2.19.1", "silent 1.0", "idna 3.0")
    repository = make_repository(tmp_path / "r", packages)

    run = run_check(repository, PRESET, environ=database)
    own = run_tool(repository, "pip-audit", "--path", SITE, environ=database)

    assert run.answer == "failed"
    assert run.issues == {
        ("PYSEC-2019-132", "urllib3 1.24.1", None),
        ("PYSEC-2000-1", "silent 1.0", None),
    }
    figures = run.result.figures
    assert isinstance(figures, IssueFigures)
    assert [(one.rule, one.file) for one in figures.warnings] == [
        ("PYSEC-2018-28", "requests 2.19.1")
    ]
    total = figures.issues_total + figures.warnings_total
    assert f"Found {total} known vulnerabilities in 3 packages" in own.stderr
    assert dict(run.result.measures) == {
        "issues.total": 3,
        "issues.critical": 2,
        "issues.medium": 1,
        "packages.checked": 4,
    }
    assert "PYSEC-2018-28" in run.log
    assert_not_told(run)


def test_a_lesser_finding_passes_with_a_warning(tmp_path: Path, database: dict[str, str]) -> None:
    repository = make_repository(tmp_path / "r", installed("requests 2.19.1"))

    run = run_check(repository, PRESET, environ=database)
    strict = run_check(repository, f'{PRESET}\nfail_on = "low"', environ=database)

    assert (run.answer, run.result.measures["issues.medium"]) == ("passed", 1)
    assert strict.answer == "failed"


def test_many_findings_are_counted_and_the_first_listed(
    tmp_path: Path, database: dict[str, str]
) -> None:
    repository = make_repository(tmp_path / "r", installed("many 1.0"))

    assert_capped(run_check(repository, PRESET, environ=database), 60)


def test_the_projects_own_editable_install_is_left_out(
    tmp_path: Path, database: dict[str, str]
) -> None:
    packages = installed("idna 3.0", editable="urllib3 1.24.1")

    run = run_check(make_repository(tmp_path / "r", packages), PRESET, environ=database)

    assert run.answer == "passed", run.reason
    assert run.result.measures["packages.checked"] == 1


def test_a_skipped_package_is_no_verdict_and_is_named(
    tmp_path: Path, database: dict[str, str]
) -> None:
    repository = make_repository(tmp_path / "r", installed("idna 3.0", "odd not-a-version"))

    run = run_check(repository, PRESET, environ=database)

    assert_no_verdict(run, "odd was skipped")
    assert "No known vulnerabilities found" in run.log


def test_a_database_that_does_not_answer_is_no_verdict(clean: Path) -> None:
    with osv_server({}) as url:
        pass

    assert_no_verdict(run_check(clean, PRESET, environ=asking(url)), "was not written")


def test_pinned_requirements_are_audited_where_there_is_no_environment(
    tmp_path: Path, database: dict[str, str]
) -> None:
    repository = make_repository(tmp_path / "r", {"requirements.txt": "urllib3==1.24.1\n"})
    # Without `--no-deps --disable-pip` the tool fills an environment of its own from an index.
    path = path_with(
        tmp_path / "bin",
        "pip-audit",
        f'exec "{run_tool(tmp_path, "which", "pip-audit").stdout.strip()}" "$@"'
        " --no-deps --disable-pip",
    )

    run = run_check(repository, PRESET, environ=database, path=path)

    assert run.issues == {("PYSEC-2019-132", "urllib3 1.24.1", None)}


def test_nothing_to_audit_is_no_verdict(tmp_path: Path, database: dict[str, str]) -> None:
    empty = make_repository(tmp_path / "empty", {"README": ""})
    bare = make_repository(tmp_path / "bare", {f"{SITE}/README": ""})

    assert_no_verdict(run_check(empty, PRESET, environ=database), "nothing to audit")
    assert_no_verdict(run_check(bare, PRESET, environ=database), "no package to audit")


def test_where_the_tool_is_missing_the_reason_says_how_to_install_it(
    clean: Path, tmp_path: Path
) -> None:
    run = run_check(clean, PRESET, path=path_without(tmp_path / "bin", "pip-audit"))

    assert_no_verdict(run, "install it: pip install pip-audit")


def test_a_tool_that_is_killed_or_crashes_is_no_verdict(clean: Path, tmp_path: Path) -> None:
    killed = path_with_killed(tmp_path / "killed", "pip-audit")
    crashed = path_with(tmp_path / "crashed", "pip-audit", "echo Traceback; exit 1")

    assert_no_verdict(run_check(clean, PRESET, path=killed), "SIGKILL")
    assert_no_verdict(run_check(clean, PRESET, path=crashed), "was not written")


GOOD: Final = {"name": "idna", "version": "3.0", "vulns": []}


def document(*dependencies: object, fixes: object = ()) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": fixes})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(document(GOOD)[:-9], "not JSON", id="half"),
        pytest.param("{}", "not pip-audit's", id="empty"),
        pytest.param('{"dependencies": [{}]}', "fixes", id="without fixes"),
        pytest.param(document(GOOD, fixes=[{}]), "--fix", id="changed"),
        pytest.param(document({**GOOD, "name": "a\nb"}), "no name", id="odd name"),
        pytest.param(document({**GOOD, "version": ""}), "no version", id="no version"),
        pytest.param(document({**GOOD, "vulns": None}), "vulns of idna", id="no vulns"),
        pytest.param(document({**GOOD, "vulns": [{}]}), "no id", id="no id"),
        pytest.param(
            document({"name": "idna", "skip_reason": "not found"}), "idna was skipped", id="skipped"
        ),
    ],
)
def test_half_a_report_or_a_wrong_one_is_no_verdict(
    clean: Path, tmp_path: Path, text: str, reason: str
) -> None:
    path = path_with_writer(tmp_path / "bin", "pip-audit", text, "-o")

    assert_no_verdict(run_check(clean, PRESET, path=path), reason)


def test_an_answer_is_never_reused() -> None:
    text = f"version = 1\n[checks.audit]\n{PRESET}\n".encode()
    (check,) = read_configuration({"localci.toml": text}.get).checks

    assert check.fresh_for == 0


@pytest.mark.parametrize(
    ("description", "severity"),
    [
        pytest.param(CRLF, "critical", id="PYSEC-2019-132"),
        pytest.param(
            "A vulnerability was discovered in the PyYAML library in versions before 5.3.1, where "
            "it is susceptible to arbitrary code execution when it processes untrusted YAML files",
            "critical",
            id="PYSEC-2020-96",
        ),
        pytest.param(
            "PIL.ImageMath.eval in Pillow before 9.0.0 allows evaluation of arbitrary expressions, "
            "such as ones that use the Python exec method.",
            "critical",
            id="PYSEC-2022-10",
        ),
        pytest.param(
            "Pillow before 3.3.2 allows context-dependent attackers to execute arbitrary code by "
            'using the "crafted image file" approach',
            "critical",
            id="PYSEC-2016-9",
        ),
        pytest.param(
            "In Pallets Jinja before 2.10.1, str.format_map allows a sandbox escape.",
            "critical",
            id="PYSEC-2019-217",
        ),
        pytest.param(
            "does not properly create temporary files, which allows local users to gain privileges "
            "via a crafted .cache file with a name starting with __jinja2_ in /tmp.",
            "critical",
            id="PYSEC-2014-8",
        ),
        pytest.param(
            "QuerySet.annotate(), aggregate(), and extra() methods are subject to SQL injection in "
            "column aliases via a crafted dictionary",
            "critical",
            id="CVE-2022-28346",
        ),
        pytest.param("Vulnerability in ansible", "critical", id="PYSEC-2020-10: its summary"),
        pytest.param("N/A", "critical", id="none, as pip-audit writes it"),
        pytest.param("", "critical", id="none"),
        pytest.param("Possible RCE.", "critical", id="short for it"),
        pytest.param("Privilege-escalation", "critical", id="hyphen"),
        pytest.param("ELEVATION OF PRIVILEGE", "critical", id="upper case"),
        pytest.param(SNIFFING, "medium", id="PYSEC-2018-28"),
        pytest.param(
            "The resolve_redirects function in sessions.py in requests 2.1.0 through 2.5.3 allows "
            "remote attackers to conduct session fixation attacks via a cookie without a host "
            "value in a redirect.",
            "medium",
            id="PYSEC-2015-17",
        ),
        pytest.param(
            "When provided with a URL containing many @ characters in the authority component, the "
            "authority regular expression exhibits catastrophic backtracking, causing a denial of "
            "service if a URL were passed as a parameter or redirected to via an HTTP redirect.",
            "medium",
            id="PYSEC-2021-108",
        ),
        pytest.param(
            "The amount of CPU time required can block worker processes from handling legitimate "
            "requests. The amount of RAM required can trigger an out of memory kill of the process",
            "medium",
            id="PYSEC-2023-58",
        ),
        pytest.param(
            "When the no_log flag has been used to protect sensitive data passed to a task from "
            "being logged, and that task does not run successfully, Ansible will expose sensitive "
            "data in log files and on the terminal of the user running Ansible.",
            "medium",
            id="PYSEC-2018-42",
        ),
        pytest.param("execution time grows", "medium", id="not of code"),
    ],
)
def test_the_severity_is_told_by_the_words(description: str, severity: str) -> None:
    assert severity_of(description) == severity
