"""The statement and its result document: signed by a trusted key, and false, vague or foreign.

Whoever signs can lie. What he says must have one meaning, agree with itself, and be about this
tree in this repository; then the policy's figures are held against it.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

import pytest

from localci.config.configuration_file import find_configuration
from localci.config.definition import definition
from localci.formats.result import (
    CheckResult,
    CoverageFigures,
    ExitFigures,
    IssueFigures,
    Reuse,
    TestFigures,
)
from localci.formats.timestamps import format_timestamp
from support.attacks import ACCEPT, accepted, attack, refused
from support.project import CHECKS, REPOSITORY, policy_for
from support.repositories import git
from support.variants import CHECK, GONE, changed, each_refused, make_commit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from support.scene import Scene

SUBJECT: Final = "subject/0"
DOCUMENT: Final = "predicate/localci"
MORE_CHECKS: Final = f"""\
{CHECKS}
[checks.coverage]
from = "tests"
report = "coverage:coverage.json"
[checks.lint]
uses = "ruff"
[checks.secrets]
uses = "gitleaks"
reads = "history"
"""


def variants(scene: Scene, place: str, values: Mapping[str, Any]) -> dict[str, bytes]:
    """Return statements that differ from the good one in one place."""
    good = scene.payload()
    return {name: changed(good, {place: value}) for name, value in values.items()}


def named(values: Iterable[Any]) -> dict[str, Any]:
    """Name values by themselves, and one that is missing."""
    return {ascii(value): value for value in values} | {"missing": GONE}


def stricter(scene: Scene, requirements: str, head: str = "", checks: str = CHECKS) -> str:
    """Return a trust commit with other requirements; `head` stands before them."""
    policy = policy_for(scene.keys["ada"], scene.keys["bob"], requirements=head + requirements)
    files = {
        ".localci/policy.toml": policy,
        ".localci/keys/bob.asc": scene.keys["bob"].certificate,
        "localci.toml": checks,
    }
    return make_commit(scene.project.path, files, "main")


def ran(scene: Scene, name: str, figures: Any = None, **changes: Any) -> CheckResult:
    """Return a check of `MORE_CHECKS`, passed, as it is defined there."""
    tables = find_configuration({"localci.toml": MORE_CHECKS.encode()}.get).tables
    defined = definition(tables, name)
    return scene.check(definition=defined, figures=figures or TestFigures(2, 0, 0), **changes)


# Statement


@attack("T01", expect="schema-invalid")
def test_only_statement_v1_is_read(scene: Scene) -> None:
    types = named([
        "https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1/",
        "http://in-toto.io/Statement/v1", "https://in-toto.io/Statement/V1",
        "https://in-toto.io/Statement/v1.0", "https://in-toto.io/Statement/v2",
        "https://in-toto.io/Statement/v1\n", " https://in-toto.io/Statement/v1", "", None, 1,
        ["https://in-toto.io/Statement/v1"], {"v": 1},
    ])  # fmt: skip
    each_refused(scene, variants(scene, "_type", types), "schema-invalid", how=scene.line)


@attack("T02", "T03", "another predicateType, or another version of it", expect="schema-invalid")
def test_only_this_test_result_is_read(scene: Scene) -> None:
    good = "https://in-toto.io/attestation/test-result/v0.1"
    types = named([
        good.replace("0.1", "0.2"), good.replace("v0.1", "v1"), good.replace("0.1", "0.10"),
        f"{good}/", f"{good}#", f"{good}\0", good.upper(), good.replace("https", "http"),
        good.replace("in-toto.io", "in\u2010toto.io"), good.removesuffix("/v0.1"),
        "https://slsa.dev/provenance/v1", "https://slsa.dev/verification_summary/v1",
        "https://in-toto.io/attestation/approval/v0.1",
        "https://in-toto.io/attestation/vulns/v0.2", "", None, 0, [good],
    ])  # fmt: skip
    each_refused(scene, variants(scene, "predicateType", types), "schema-invalid", how=scene.line)


@attack("T04", expect="schema-invalid")
def test_the_result_is_what_the_checks_say(scene: Scene) -> None:
    results = named([
        "passed", "Passed", "FAILED", "WARNED", "PASSED ", "PASSED\0", "\uff30ASSED", "OK", "",
        None, True, 1, ["PASSED"], {"PASSED": True},
    ])  # fmt: skip
    each_refused(scene, variants(scene, "predicate/result", results), "schema-invalid",
                 how=scene.line)  # fmt: skip


@attack("T04", "FAILED, and consistently so", expect="result-failed")
def test_a_failed_run_is_refused_whatever_else_passed(scene: Scene) -> None:
    failed = scene.check(passed=False, figures=TestFigures(2, 1, 0))
    other = scene.check(passed=False, figures=ExitFigures(), exit_code=1)
    runs = {
        "the required check": {"tests": failed},
        "another check": {"tests": scene.check(), "other": other},
        "without figures": {"tests": scene.check(passed=False, figures=ExitFigures())},
    }
    payloads = {name: scene.payload(scene.document(checks=c)) for name, c in runs.items()}
    each_refused(scene, payloads, "result-failed", how=scene.line)


@attack("T04", "the required check as an advisory one that failed", expect="check-failed")
def test_a_required_check_that_failed_is_no_warning(scene: Scene) -> None:
    failed = scene.check(passed=False, advisory=True, figures=TestFigures(2, 0, 0))
    payload = scene.payload(scene.document(checks={"tests": failed}))
    assert json.loads(payload)["predicate"]["warnedTests"] == ["tests"]
    each_refused(scene, {"warned": payload}, "check-failed", how=scene.line)


@attack("an advisory failure of a check that nobody requires", expect=ACCEPT)
def test_a_warning_of_another_check_is_no_refusal(scene: Scene) -> None:
    failed = scene.check(passed=False, advisory=True, figures=ExitFigures())
    checks = {"tests": scene.check(), "spelling": failed}
    scene.hang(scene.line(scene.payload(scene.document(checks=checks))))
    accepted(scene.project)


@attack("lists that do not agree with the checks", expect="schema-invalid")
def test_the_three_lists_agree_with_the_checks(scene: Scene) -> None:
    good = scene.payload()
    lists = {
        "passed, and not listed": {"passedTests": []},
        "the list is missing": {"passedTests": GONE},
        "listed twice": {"passedTests": ["tests", "tests"]},
        "one more": {"passedTests": ["lint", "tests"]},
        "of another name": {"passedTests": ["Tests"]},
        "a text": {"passedTests": "tests"},
        "an object": {"passedTests": {"tests": True}},
        "a list in the list": {"passedTests": [["tests"]]},
        "a warning too": {"warnedTests": ["tests"]},
        "a failure too": {"failedTests": ["tests"]},
        "another failure": {"failedTests": ["lint"]},
        "nothing as a list": {"failedTests": None},
    }
    payloads = {
        name: changed(good, {f"predicate/{key}": value for key, value in change.items()})
        for name, change in lists.items()
    }
    each_refused(scene, payloads, "schema-invalid", how=scene.line)


@attack("`passed: true` and PASSED over figures that failed", expect="threshold-not-met")
def test_a_passed_check_has_the_figures_for_it(scene: Scene) -> None:
    figures = {
        "one failed": TestFigures(150, 1, 5),
        "all failed": TestFigures(150, 150, 0),
        "no figures": ExitFigures(),
        "another kind's": CoverageFigures(100.0),
        "issues of none": IssueFigures((), 0),
    }
    payloads = {
        name: scene.payload(scene.document(checks={"tests": scene.check(figures=figure)}))
        for name, figure in figures.items()
    }
    each_refused(scene, payloads, "threshold-not-met", how=scene.line)


@attack("T06", expect="check-missing")
def test_a_required_check_has_to_be_there(scene: Scene) -> None:
    others = {"lint": scene.check(figures=IssueFigures((), 0)), "unit": scene.check()}
    scene.hang(scene.line(scene.payload(scene.document(checks=others))))
    found = refused(scene.project, "check-missing")
    assert [reason["code"] for reason in found["reasons"]] == ["check-missing"]


@attack("T06", "no check at all, or checks that are no object of objects", expect="schema-invalid")
def test_checks_are_an_object_of_objects(scene: Scene) -> None:
    good = json.loads(scene.payload())["predicate"]["localci"]["checks"]
    values = named([{}, [], None, "tests", [good["tests"]], {"tests": None}, {"tests": True},
                   {"tests": [good["tests"]]}, {"tests": {}}, {"": good["tests"]}])  # fmt: skip
    each_refused(
        scene, variants(scene, f"{DOCUMENT}/checks", values), "schema-invalid", how=scene.line
    )


def renamed(scene: Scene, name: str) -> bytes:
    """Call the check `tests` something else, in every place."""
    good = json.loads(scene.payload())
    check = good["predicate"]["localci"]["checks"]["tests"]
    changes = {"predicate/passedTests": [name], f"{DOCUMENT}/checks": {name: check}}
    return changed(scene.payload(), changes)


@attack("T08", expect="schema-invalid")
def test_a_name_that_only_looks_alike_is_refused(scene: Scene) -> None:
    names = [
        " tests", "tests ", "tests\n", "tests\t", "tests\r", "Tests", "TESTS", "t\u0435sts",
        "te\u0455ts", "tests\u200b", "\u202etests", "\uff54ests", "tests\0", "tests\u00a0", "",
        "-tests", ".tests", "../tests", "te/sts", "te sts", "t" * 65, "tests\u0301",
        "\u017fests", "tests[0]", "*",
    ]  # fmt: skip
    payloads = {ascii(name): renamed(scene, name) for name in names}
    each_refused(scene, payloads, "schema-invalid", how=scene.line)


@attack("T08", "a name of the same letters and more", expect="check-missing")
@pytest.mark.parametrize("name", ["test", "tests-", "tests.", "tests_", "test-s", "0tests"])
def test_a_name_is_compared_whole(scene: Scene, name: str) -> None:
    scene.hang(scene.line(renamed(scene, name)))
    refused(scene.project, "check-missing")


COVERED: Final = "[require.coverage]\nmin_percentage = 85.0\n"


def covered(scene: Scene, percentage: Any, **changes: Any) -> bytes:
    """Return a statement that says this percentage of `coverage`."""
    check = ran(scene, "coverage", CoverageFigures(99.0))
    payload = scene.payload(scene.document(checks={"coverage": check}))
    place = f"{DOCUMENT}/checks/coverage"
    more = {f"{place}/{key}": value for key, value in changes.items()}
    return changed(payload, {f"{place}/percentage": percentage, **more})


@attack("T09", expect="schema-invalid")
def test_coverage_is_a_number_from_0_to_100(scene: Scene) -> None:
    trust = stricter(scene, COVERED, checks=MORE_CHECKS)
    values = named(["100", "100%", "", -1, -0.01, 100.01, 101, 1e308, 10**30, None, True, [100],
                   {"value": 100}, "NaN"])  # fmt: skip
    payloads = {name: covered(scene, value) for name, value in values.items()}
    payloads["a threshold below zero"] = covered(scene, 100, threshold=-1)
    payloads["a threshold in words"] = covered(scene, 100, threshold="85")
    payloads["of no kind"] = covered(scene, 100, kind=GONE)
    payloads["of another kind"] = covered(scene, 100, kind="Coverage")
    payloads["of several kinds"] = covered(scene, 100, kind=["coverage"])
    each_refused(scene, payloads, "schema-invalid", "--trust-ref", trust, how=scene.line)


@attack(
    "T09", "too little, a fraction of one, or figures of another kind", expect="threshold-not-met"
)
def test_coverage_reaches_what_the_policy_asks_for(scene: Scene) -> None:
    trust = stricter(scene, COVERED, checks=MORE_CHECKS)
    payloads = {
        "just below": covered(scene, 84.99),
        "in floating point": covered(scene, 84.99999999999999),
        "a fraction": covered(scene, 0.99),
        "nothing": covered(scene, 0),
        "its own threshold is lower": covered(scene, 50, threshold=40),
        "an exit code": covered(scene, 100, kind="exit"),
        "tests": covered(scene, 100, kind="tests", total=100, failed=0, skipped=0),
    }
    each_refused(scene, payloads, "threshold-not-met", "--trust-ref", trust, how=scene.line)


@attack("coverage just enough, whole or with places", expect=ACCEPT)
@pytest.mark.parametrize("percentage", [85, 85.0, 85.01, 100, 1e2])
def test_coverage_that_is_enough_is_accepted(scene: Scene, percentage: float) -> None:
    trust = stricter(scene, COVERED, checks=MORE_CHECKS)
    scene.hang(scene.line(covered(scene, percentage)))
    accepted(scene.project, "--trust-ref", trust)


@attack("counts of tests that are none, or contradict each other", expect="schema-invalid")
def test_counts_are_whole_and_agree(scene: Scene) -> None:
    good = scene.payload()
    payloads = {
        f"{key} {value!r}": changed(good, {f"{CHECK}/{key}": value})
        for key in ("total", "failed", "skipped")
        for value in (-1, 0.5, "2", None, [2], {}, 2**53 + 2, 10**31, GONE)
    }
    payloads["more failed than there are"] = changed(
        good, {f"{CHECK}/total": 1, f"{CHECK}/failed": 1, f"{CHECK}/skipped": 1}
    )
    payloads["none, and all skipped"] = changed(good, {f"{CHECK}/total": 0, f"{CHECK}/skipped": 9})
    each_refused(scene, payloads, "schema-invalid", how=scene.line)


@attack("all tests skipped, or none found", expect="threshold-not-met")
def test_tests_that_did_not_run_are_no_tests(scene: Scene) -> None:
    trust = stricter(scene, "[require.tests]\nmax_failed = 0\nmin_total = 1\n")
    payloads = {
        name: scene.payload(scene.document(checks={"tests": scene.check(figures=figures)}))
        for name, figures in {
            "none": TestFigures(0, 0, 0), "skipped": TestFigures(2_000, 0, 2_000)
        }.items()
    }  # fmt: skip
    each_refused(scene, payloads, "threshold-not-met", "--trust-ref", trust, how=scene.line)


@attack("issues hidden from the list, not from the count", expect="threshold-not-met")
def test_issues_are_counted_by_their_total(scene: Scene) -> None:
    trust = stricter(scene, "[require.lint]\nmax_issues = 0\n", checks=MORE_CHECKS)
    check = ran(scene, "lint", IssueFigures((), 7))
    payload = scene.payload(scene.document(checks={"lint": check}))
    each_refused(scene, {"7": payload}, "threshold-not-met", "--trust-ref", trust, how=scene.line)
    issues = f"{DOCUMENT}/checks/lint/issues"
    issue = {"rule": "E1", "file": "a"}
    wrong = {
        "more listed than counted": changed(payload, {issues: [issue] * 8}),
        "no count": changed(payload, {f"{DOCUMENT}/checks/lint/issues_total": GONE}),
        "a count in words": changed(payload, {f"{DOCUMENT}/checks/lint/issues_total": "0"}),
        "a count below zero": changed(payload, {f"{DOCUMENT}/checks/lint/issues_total": -1}),
        "more than 50": changed(payload, {issues: [issue] * 51}),
        "no list": changed(payload, {issues: {"0": issue}}),
        "no issue": changed(payload, {issues: ["E1"]}),
    }
    each_refused(scene, wrong, "schema-invalid", "--trust-ref", trust, how=scene.line)


# Subject


@attack("T10", expect="schema-invalid")
def test_a_statement_has_a_subject(scene: Scene) -> None:
    (subject,) = json.loads(scene.payload())["subject"]
    values = named([[], None, {}, subject, {"0": subject}, [None], [[subject]], "source", [{}]])
    each_refused(scene, variants(scene, "subject", values), "schema-invalid", how=scene.line)


@attack("T11", expect="schema-invalid")
def test_a_statement_has_one_subject(scene: Scene) -> None:
    (subject,) = json.loads(scene.payload())["subject"]
    other = {**subject, "digest": {"gitCommit": "0" * 40, "gitTree": "1" * 40}}
    values = {
        "the right one first": [subject, other],
        "the right one last": [other, subject],
        "the right one twice": [subject, subject],
        "commit and tree apart": [
            {**subject, "digest": {key: value}} for key, value in subject["digest"].items()
        ],
    }
    each_refused(scene, variants(scene, "subject", values), "schema-invalid", how=scene.line)


def ids_everywhere(scene: Scene, commit: str, tree: str) -> bytes:
    """Let subject and document name another commit and tree, in agreement."""
    return changed(
        scene.payload(),
        {
            f"{SUBJECT}/digest/gitCommit": commit,
            f"{SUBJECT}/digest/gitTree": tree,
            f"{DOCUMENT}/commit_sha": commit,
            f"{DOCUMENT}/tree_sha": tree,
        },
    )


@attack("T13", "T14", "an object id in upper case, abbreviated or padded", expect="schema-invalid")
def test_an_object_id_has_one_spelling(scene: Scene) -> None:
    commit, tree = scene.head, scene.tree
    payloads = {}
    for name, spell in {
        "upper case": str.upper,
        "abbreviated": lambda text: text[:12],
        "one short": lambda text: text[:-1],
        "one long": lambda text: text + "0",
        "a blank": lambda text: f" {text}",
        "a line end": lambda text: f"{text}\n",
        "a prefix": lambda text: f"sha1:{text}",
        "other digits": lambda text: text.translate(
            {ord(str(n)): chr(0xFF10 + n) for n in range(10)}
        ),
        "a ref": lambda _: "HEAD",
        "empty": lambda _: "",
    }.items():
        payloads[f"{name}: commit"] = ids_everywhere(scene, spell(commit), tree)
        payloads[f"{name}: tree"] = ids_everywhere(scene, commit, spell(tree))
    each_refused(scene, payloads, "schema-invalid", how=scene.line)


@attack("T15", expect="subject-mismatch")
def test_an_id_of_another_algorithm_is_of_something_else(scene: Scene) -> None:
    payloads = {
        "the tree": ids_everywhere(scene, scene.head, scene.tree + "0" * 24),
        "the commit": ids_everywhere(scene, scene.head + "0" * 24, scene.tree),
        "another commit": ids_everywhere(scene, "a" * 64, scene.tree),
        "both": ids_everywhere(scene, scene.head + "0" * 24, scene.tree + "0" * 24),
    }
    each_refused(scene, payloads, "subject-mismatch", how=scene.line)


@attack("a digest that is no object with both ids", expect="schema-invalid")
def test_the_digest_holds_both_ids(scene: Scene) -> None:
    (subject,) = json.loads(scene.payload())["subject"]
    digest = subject["digest"]
    values = {
        "missing": GONE,
        "nothing": None,
        "a list": [digest],
        "a text": scene.head,
        "no commit": {"gitTree": digest["gitTree"]},
        "no tree": {"gitCommit": digest["gitCommit"]},
        "sha1 for both": {"sha1": digest["gitCommit"]},
        "a list of ids": {**digest, "gitTree": [digest["gitTree"]]},
        "keys in lower case": {key.lower(): value for key, value in digest.items()},
    }
    payloads = variants(scene, f"{SUBJECT}/digest", values)
    each_refused(scene, payloads, "schema-invalid", how=scene.line)


@attack("subject and document that name different commits or trees", expect="subject-mismatch")
def test_subject_and_document_name_the_same(scene: Scene) -> None:
    good, zero = scene.payload(), "0" * 40
    payloads = {
        place: changed(good, {place: zero})
        for place in (f"{SUBJECT}/digest/gitCommit", f"{SUBJECT}/digest/gitTree",
                      f"{DOCUMENT}/commit_sha", f"{DOCUMENT}/tree_sha")
    }  # fmt: skip
    payloads["a tree for a commit"] = ids_everywhere(scene, scene.tree, scene.head)
    each_refused(scene, payloads, "subject-mismatch", how=scene.line)


@attack("T17", expect=ACCEPT)
def test_a_digest_of_another_algorithm_is_passed_over(scene: Scene) -> None:
    more = {"sha512": "00", "gitTag": "x", "blake3": 3, "gitcommit": "0" * 40, "dirHash": None}
    changes = {f"{SUBJECT}/digest/{key}": value for key, value in more.items()}
    scene.hang(scene.line(changed(scene.payload(), changes)))
    accepted(scene.project)


@attack("T18", expect="repository-mismatch")
def test_another_repository_is_refused(scene: Scene) -> None:
    uris = [
        "example.org/mallory/app", "example.org/acme/App", "example.org/ACME/app",
        "example.org/acme/app2", "example.org/acme/ap", "example.org/acme",
        "example.org/acme/app/tree", "example.com/acme/app", "example.org.evil.org/acme/app",
        "evil.org/example.org/acme/app", "example.org@evil.org/acme/app",
        "evil.org/acme/app#example.org/acme/app", "evil.org/?example.org/acme/app",
        "example.org./acme/app", "example.org/acme/x/../app", "example.org/acme/./app",
        "example.org/%61cme/app", "ex\u0430mple.org/acme/app", "example\u3002org/acme/app",
        "example.org/acme//app", "example.org\\acme\\app", "example.org/acme/app.git.git/x", "",
        "/", "file:///example.org/acme/app",
    ]  # fmt: skip
    values = {ascii(uri): f"git+https://{uri}" for uri in uris}
    payloads = variants(scene, f"{SUBJECT}/uri", values)
    each_refused(scene, payloads, "repository-mismatch", how=scene.line)


@attack("T18", "a uri of another scheme, or none", expect="schema-invalid")
def test_the_uri_has_the_scheme_of_the_format(scene: Scene) -> None:
    values = named([
        REPOSITORY, f"https://{REPOSITORY}", f"git+ssh://{REPOSITORY}", f"git+http://{REPOSITORY}",
        f"GIT+HTTPS://{REPOSITORY}", f" git+https://{REPOSITORY}", f"git+https:{REPOSITORY}",
        "git@example.org:acme/app", None, 1, [f"git+https://{REPOSITORY}"],
    ])  # fmt: skip
    each_refused(scene, variants(scene, f"{SUBJECT}/uri", values), "schema-invalid", how=scene.line)


@attack("T18", "spellings of one address that the normal form unites", expect=ACCEPT)
def test_spellings_of_the_same_address_are_one(scene: Scene) -> None:
    for uri in (
        "example.org/acme/app.git",
        "EXAMPLE.org/acme/app",
        "ada@example.org:443/acme/app/",
    ):
        scene.hang(scene.line(changed(scene.payload(), {f"{SUBJECT}/uri": f"git+https://{uri}"})))
        accepted(scene.project)


# The rules themselves

RELAXED: Final = {
    "the command": {"localci.toml": CHECKS.replace("sh run-tests", "sh -c true run-tests")},
    "its report": {"localci.toml": CHECKS.replace("junit:junit.xml", "junit:old.xml")},
    "a setup": {"localci.toml": f'{CHECKS}\n[run]\nsetup = "cp good.xml ."\n'},
    "the environment": {"localci.toml": f'{CHECKS}\n[run]\npass_env = ["PYTEST_ADDOPTS"]\n'},
    "the workspace": {"localci.toml": f'{CHECKS}\n[run]\nworkspace = "in-place"\n'},
    "the isolation": {"localci.toml": f'{CHECKS}\n[run]\nisolation = "none"\n'},
    "when": {"localci.toml": f'{CHECKS}when = {{ branches = ["none"] }}\n'},
    "its inputs": {"localci.toml": f'{CHECKS}inputs = ["README"]\n'},
    "where it is written": {
        "localci.toml": None,
        "pyproject.toml": CHECKS.replace("version", "[tool.localci]\nversion")
        .replace("[checks.", "[tool.localci.checks.")
        .replace("sh run-tests", "sh -c true"),
    },
}


@attack("T20", expect="checks-changed")
@pytest.mark.parametrize("what", RELAXED)
def test_a_change_cannot_relax_its_own_checks(scene: Scene, what: str) -> None:
    head = make_commit(scene.project.path, RELAXED[what], "main")
    payload = scene.payload(scene.document(revision=head))
    each_refused(scene, {what: payload}, "checks-changed", on=head, how=scene.line)


@attack("T20", "a definition that is missing", expect="checks-changed")
def test_a_check_without_its_definition_is_refused(scene: Scene) -> None:
    good = scene.payload()
    other = changed(good, {f"{CHECK}/definition": "1:" + "0" * 64})
    each_refused(
        scene,
        {"missing": changed(good, {f"{CHECK}/definition": GONE}), "other": other},
        "checks-changed",
        how=scene.line,
    )


@attack("T20", "a definition that is none", expect="schema-invalid")
def test_a_definition_has_one_spelling(scene: Scene) -> None:
    good = json.loads(scene.payload())
    text = good["predicate"]["localci"]["checks"]["tests"]["definition"]
    values = [text.upper(), text[2:], "2:" + text[2:], text + " ", text + "\n", "", None, 1, [text]]
    payloads = variants(scene, f"{CHECK}/definition", {repr(value): value for value in values})
    each_refused(scene, payloads, "schema-invalid", how=scene.line)


@attack("T21", expect="threshold-not-met")
def test_an_old_result_is_judged_by_the_policy_of_today(scene: Scene) -> None:
    scene.hang(scene.line())
    accepted(scene.project)
    trust = stricter(scene, "[require.tests]\nmin_total = 3\n")
    refused(scene.project, "threshold-not-met", "--trust-ref", trust)


@attack("T21", "a check that is required by now", expect="check-missing")
def test_a_check_that_is_required_by_now_is_missing(scene: Scene) -> None:
    scene.hang(scene.line())
    trust = stricter(scene, "[require.tests]\n[require.lint]\n", checks=MORE_CHECKS)
    refused(scene.project, "check-missing", "--trust-ref", trust)


# Times


@attack("T23", expect="schema-invalid")
def test_a_time_has_one_spelling(scene: Scene) -> None:
    now = format_timestamp(time.time() - 10)
    day, clock = now[:10], now[11:19]
    times = named(
        [
            f"{day}T{clock}+00:00",
            f"{day}T{clock}",
            f"{day}t{clock}z",
            f"{day} {clock}Z",
            f"{day}T{clock}.000Z",
            f"{day}T{clock}Z\n",
            f" {day}T{clock}Z",
            f"{day}T{clock}ZZ",
            f"{day}T{clock}+01:00",
            f"{day}T{clock}-00:00",
            "2026-W47-6T03:00:00Z",
            "2026-325T03:00:00Z",
            f"{day.replace('-', '')}T{clock.replace(':', '')}Z",
            f"{day}T{clock[:5]}Z",
            day,
            "2026-02-30T03:00:00Z",
            "2026-13-01T03:00:00Z",
            f"{day}T24:00:00Z",
            f"{day}T23:59:60Z",
            "0000-01-01T00:00:00Z",
            "10000-01-01T00:00:00Z",
            "-2026-01-01T00:00:00Z",
            now.translate({ord(str(n)): chr(0x660 + n) for n in range(10)}),
            int(time.time()),
            time.time(),
            str(int(time.time())),
            "now",
            "",
            None,
            True,
            [now],
        ]
    )
    good = scene.payload()
    payloads = {
        name: changed(good, {f"{DOCUMENT}/timestamp": v, f"{DOCUMENT}/finished_at": v})
        for name, v in times.items()
    }
    for place in (f"{DOCUMENT}/started_at", f"{CHECK}/started_at", f"{CHECK}/finished_at"):
        payloads[place] = changed(good, {place: f"{day}T{clock}+00:00"})
    each_refused(scene, payloads, "schema-invalid", how=scene.line)


@attack("T23", "times that contradict each other", expect="schema-invalid")
def test_times_are_in_order(scene: Scene) -> None:
    now = int(time.time())
    good = scene.payload()
    payloads = {
        "the run ends before it starts": scene.payload(
            scene.document(started_at=now - 10, finished_at=now - 10 - 3_600)
        ),
        "a check ends before it starts": scene.payload(
            scene.document(
                checks={"tests": scene.check(started_at=now - 10, finished_at=now - 3_600)}
            )
        ),
        "a check ends after the run": scene.payload(
            scene.document(
                started_at=now - 90_000,
                finished_at=now - 86_400,
                checks={"tests": scene.check(started_at=now - 20, finished_at=now - 10)},
            )
        ),
        "two ends": changed(good, {f"{DOCUMENT}/timestamp": format_timestamp(now - 11)}),
    }
    each_refused(scene, payloads, "schema-invalid", how=scene.line)


@attack(
    "T23",
    "a run that is over only after it was signed, or in the future",
    expect="timestamp-future",
)
def test_nothing_is_signed_before_it_is_over(scene: Scene) -> None:
    now = int(time.time())
    later = scene.document(finished_at=now + 600)
    lines = {
        "signed first": scene.line(scene.payload(later)),
        "next year": scene.line(scene.payload(scene.document(finished_at=now + 31_536_000))),
        "in the year 9999": scene.line(
            scene.payload(scene.document(started_at=now, finished_at=253_402_300_799))
        ),
    }
    each_refused(scene, lines, "timestamp-future")


@attack("clocks that differ by less than 5 minutes", expect=ACCEPT)
@pytest.mark.parametrize("ahead", [-240, 240])
def test_clocks_may_differ_a_little(scene: Scene, ahead: int) -> None:
    now = int(time.time())
    check = scene.check(started_at=now + ahead - 5, finished_at=now + ahead)
    document = scene.document(
        started_at=now + ahead, finished_at=now + ahead - 3, checks={"tests": check}
    )
    scene.hang(scene.line(scene.payload(document)))
    accepted(scene.project)


@attack("an old check in a new document", expect="stale")
def test_an_age_counts_from_when_the_check_ran(scene: Scene) -> None:
    long_ago = int(time.time()) - 31 * 86_400
    old = scene.check(started_at=long_ago - 5, finished_at=long_ago)
    before = scene.check(started_at=0, finished_at=0)
    payloads = {
        name: scene.payload(scene.document(checks={"tests": check}))
        for name, check in {"31 days": old, "in 1970": before}.items()
    }
    each_refused(scene, payloads, "stale", how=scene.line)


# The document, and what a check says of itself


@attack("a result document of another form", expect="schema-invalid")
def test_the_document_has_the_form_of_version_1_0(scene: Scene) -> None:
    good = scene.payload()
    places = {
        "version": ["1.1", "2.0", "1", 1, 1.0, "1.0 ", None, GONE],
        "run_id": ["5" * 31, "5" * 33, "G" * 32, "A" * 32, "5" * 32 + "\n", "", None, 5, GONE],
        "branch": [None, 1, ["main"], GONE],
        "runner": [None, {}, GONE],
        "environment": [None, [], "linux"],
        "commit_sha": [None, [scene.head], GONE],
    }
    payloads = {
        f"{place} {value!r}": changed(good, {f"{DOCUMENT}/{place}": value})
        for place, values in places.items()
        for value in values
    }
    for value in (None, [], "x", GONE, True):
        payloads[f"document {value!r}"] = changed(good, {DOCUMENT: value})
        payloads[f"predicate {value!r}"] = changed(good, {"predicate": value})
    for key in ("inputs", "log"):
        for value in ("", "0" * 63, "A" * 64, None, 1):
            payloads[f"{key} {value!r}"] = changed(good, {f"{CHECK}/{key}": value})
    for value in (256, -256, "0", 0.5, [0]):
        payloads[f"exit code {value!r}"] = changed(good, {f"{CHECK}/exit_code": value})
    each_refused(scene, payloads, "schema-invalid", how=scene.line)


@attack("a payload that is JSON and no object", expect="malformed")
def test_a_payload_is_an_object(scene: Scene) -> None:
    good = scene.payload()
    payloads = {
        "a list": b"[" + good + b"]",
        "a text": json.dumps(good.decode()).encode(),
        "nothing": b"null",
        "no bytes": b"",
        "a blank": b" ",
        "two": good + good,
        "more behind": good + b"x",
    }
    each_refused(scene, payloads, "malformed", how=scene.line)


@attack("white space and order of keys that localci does not write", expect=ACCEPT)
def test_what_is_signed_may_be_spelt_in_any_way(scene: Scene) -> None:
    value = json.loads(scene.payload())
    spelt = json.dumps(dict(reversed(value.items())), indent=3, ensure_ascii=False)
    scene.hang(scene.line(f"\r\n\t {spelt} \n".encode()))
    accepted(scene.project)


def reused(scene: Scene, by: str) -> bytes:
    """Return a statement whose check names an origin of that signer."""
    origin = Reuse(scene.head, scene.tree, by, "9" * 64)
    return scene.payload(scene.document(checks={"tests": scene.check(reused_from=origin)}))


@attack("a check reused from somebody else, or from nobody", expect="reuse-refused")
def test_a_reused_check_is_ones_own(scene: Scene) -> None:
    trust = stricter(scene, "[require.tests]\n")
    own = scene.keys["ada"].fingerprint
    signers = {
        "Bob's": scene.keys["bob"].fingerprint,
        "Mallory's": scene.keys["mallory"].fingerprint,
        "nobody's": "",
        "a name": "ada@example.org",
        "the end of one's own": own[-16:],
        "the start of one's own": own[:16],
        "one's own and more": f"{own}00",
        "one's own with a blank": f"{own} ",
    }
    payloads = {name: reused(scene, by) for name, by in signers.items()}
    each_refused(scene, payloads, "reuse-refused", "--trust-ref", trust, how=scene.line)


@attack("one's own reused check, where no reuse is allowed", expect="reuse-refused")
def test_no_reuse_is_no_reuse(scene: Scene) -> None:
    trust = stricter(scene, "[require.tests]\n", 'reuse = "never"\n')
    payload = reused(scene, scene.keys["ada"].fingerprint)
    each_refused(scene, {"own": payload}, "reuse-refused", "--trust-ref", trust, how=scene.line)


@attack("one's own reused check", expect=ACCEPT)
def test_ones_own_result_may_be_reused(scene: Scene) -> None:
    scene.hang(scene.line(reused(scene, scene.keys["ada"].fingerprint)))
    accepted(scene.project)


@attack("a reuse that does not say of what", expect="schema-invalid")
def test_a_reuse_names_its_origin(scene: Scene) -> None:
    good = reused(scene, scene.keys["ada"].fingerprint)
    origin = f"{CHECK}/reused_from"
    payloads = {
        f"{place} {value!r}": changed(good, {place: value})
        for place, values in {
            origin: [True, [], "x", {}],
            f"{origin}/commit": ["", "HEAD", None, GONE],
            f"{origin}/tree": ["0" * 12, GONE],
            f"{origin}/signer": [None, 1, GONE],
            f"{origin}/statement": ["", "0" * 40, None, GONE],
        }.items()
        for value in values
    }
    each_refused(scene, payloads, "schema-invalid", how=scene.line)


@attack(
    "a check of the whole history, from another commit of the same tree", expect="subject-mismatch"
)
def test_a_check_of_the_history_counts_for_its_own_commit(scene: Scene) -> None:
    trust = stricter(scene, "[require.secrets]\n", checks=MORE_CHECKS)
    path = scene.project.path
    twin = git(path, "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "Twin")
    check = ran(scene, "secrets", IssueFigures((), 0))
    payload = scene.payload(scene.document(commit=twin, checks={"secrets": check}))
    each_refused(scene, {"twin": payload}, "subject-mismatch", "--trust-ref", trust,
                 how=scene.line)  # fmt: skip
    scene.hang(scene.line(scene.payload(scene.document(checks={"secrets": check}))))
    accepted(scene.project, "--trust-ref", trust)


@attack("T26", expect=ACCEPT)
def test_fields_that_nobody_knows_are_passed_over(scene: Scene) -> None:
    more = {
        "_comment": None,
        "Predicate": {"result": "FAILED"},
        f"{SUBJECT}/mediaType": "x",
        f"{SUBJECT}/annotations": None,
        "predicate/url": "https://example.org/logs",
        "predicate/Result": "FAILED",
        f"{DOCUMENT}/later": [{"x": [1, 2.5, None]}],
        f"{DOCUMENT}/Version": 2,
        f"{DOCUMENT}/environment/gpu": {"count": 8},
        f"{CHECK}/flaky": 3,
        f"{CHECK}/Passed": False,
        f"{CHECK}/passed ": False,
    }
    scene.hang(scene.line(changed(scene.payload(), more)))
    accepted(scene.project)
