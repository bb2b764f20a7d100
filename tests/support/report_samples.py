"""One good report of each format, for the tests that all readers have to stand.

Who adds a format adds its sample: short, as its tool writes it, and with something bad in it (a
failed test, a finding, a line that was not run), so that half of it could look better.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.formats.result import CoverageFigures, Issue, IssueFigures, TestFigures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.formats.result import Figures


class Sample(NamedTuple):
    """What a tool writes, and what it says."""

    content: bytes
    figures: Figures


COVERAGE_JSON: Final = {
    "meta": {"format": 3, "version": "7.17.3", "branch_coverage": False},
    "files": {"a.py": {"executed_lines": [1, 2], "missing_lines": [3, 4]}},
    "totals": {
        "covered_lines": 2,
        "num_statements": 4,
        "percent_covered": 50.0,
        "missing_lines": 2,
        "excluded_lines": 0,
    },
}
SARIF: Final = {
    "version": "2.1.0",
    "runs": [
        {
            "invocations": [{"executionSuccessful": True}],
            "results": [
                {
                    "ruleId": rule,
                    "level": "error",
                    "message": {"text": "x"},
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "a.py"},
                                "region": {"startLine": line},
                            }
                        }
                    ],
                }
                for rule, line in (("R1", 1), ("R2", 2))
            ],
            "tool": {"driver": {"name": "t", "rules": [{"id": "R1"}, {"id": "R2"}]}},
        }
    ],
}
PYRIGHT: Final = {
    "version": "1.1.414",
    "time": "1795282800964",
    "generalDiagnostics": [
        {
            "file": "a.py",
            "severity": "error",
            "message": "x",
            "range": {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 1}},
            "rule": "reportX",
        }
    ],
    "summary": {
        "filesAnalyzed": 1,
        "errorCount": 1,
        "warningCount": 0,
        "informationCount": 0,
        "timeInSec": 0.7,
    },
}
LCOV: Final = b"TN:\nSF:a.c\nDA:1,1\nDA:2,0\nDA:3,1\nDA:4,0\nLF:4\nLH:2\nend_of_record\n"

BANDIT: Final = {
    "errors": [],
    "metrics": {
        "./a.py": {"SEVERITY.HIGH": 1, "SEVERITY.LOW": 1, "loc": 2},
        "_totals": {"SEVERITY.HIGH": 1, "SEVERITY.LOW": 1, "loc": 2},
    },
    "results": [
        {"filename": "./a.py", "issue_severity": severity, "line_number": line, "test_id": rule}
        for severity, line, rule in (("HIGH", 2, "B602"), ("LOW", 1, "B404"))
    ],
}
PIP_AUDIT: Final = {
    "dependencies": [
        {"name": "idna", "version": "3.0", "vulns": []},
        {
            "name": "urllib3",
            "version": "1.24.1",
            "vulns": [
                {
                    "id": "PYSEC-2019-132",
                    "fix_versions": ["1.24.3"],
                    "aliases": ["CVE-2019-11236"],
                    "description": "CRLF injection",
                }
            ],
        },
    ],
    "fixes": [],
}
PRE_COMMIT: Final = b"""\
one......................................................................Passed
- hook id: one
- duration: 0.01s
two......................................................................Failed
- hook id: two
- duration: 0.25s
- exit code: 1

what it says

three................................................(no files to check)Skipped
- hook id: three
hooks ended with exit code 1
"""

_UNFORMATTED: Final = (Issue("format", "a.go"), Issue("format", "b/b.go"))


def _lines(values: list[dict[str, object]]) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


CARGO_TEST: Final = b"""\
   Compiling demo v0.1.0 (/w)
     Running unittests src/lib.rs (target/debug/deps/demo-8348ca7a80742723)

running 3 tests
test tests::later ... ignored
test tests::good ... ok
test tests::bad ... FAILED

failures:

---- tests::bad stdout ----
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

failures:
    tests::bad

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.50s

error: test failed, to rerun pass `--lib`
   Doc-tests demo

running 1 test
test src/lib.rs - unused (line 3) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.35s

error: 1 target failed:
    `--lib`
"""
CARGO_AUDIT: Final = {
    "database": {"advisory-count": 2, "last-commit": None, "last-updated": None},
    "lockfile": {"dependency-count": 3},
    "vulnerabilities": {
        "found": True,
        "count": 1,
        "list": [
            {
                "advisory": {
                    "id": "RUSTSEC-2024-0001",
                    "cvss": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                },
                "package": {"name": "bad", "version": "1.0.0"},
            }
        ],
    },
    "warnings": {"yanked": [{"kind": "yanked", "package": {"name": "gone"}, "advisory": None}]},
}
CARGO_MESSAGES: Final[list[dict[str, object]]] = [
    {
        "reason": "compiler-message",
        "message": {
            "level": "error",
            "message": "unneeded `return` statement",
            "code": {"code": "clippy::needless_return", "explanation": None},
            "spans": [
                {"file_name": "src/lib.rs", "line_start": 2, "column_start": 1, "is_primary": True}
            ],
        },
    },
    {"reason": "build-finished", "success": False},
]
ESLINT: Final = [
    {
        "filePath": "a.js",
        "messages": [
            {"ruleId": "no-var", "severity": 2, "message": "x", "line": 1, "column": 1},
            {"ruleId": None, "fatal": True, "severity": 2, "message": "x", "line": 2},
        ],
        "errorCount": 2,
        "warningCount": 0,
    }
]
GO_TEST: Final[list[dict[str, object]]] = [
    {"Action": "run", "Package": "p", "Test": "A"},
    {"Action": "run", "Package": "p", "Test": "A/b"},
    {"Action": "output", "Package": "p", "Test": "A/b", "Output": "    --- FAIL: A/b (0.00s)\n"},
    {"Action": "fail", "Package": "p", "Test": "A/b", "Elapsed": 0},
    {"Action": "fail", "Package": "p", "Test": "A", "Elapsed": 0.01},
    {"Action": "fail", "Package": "p", "Elapsed": 0.009},
    {"Action": "skip", "Package": "q", "Elapsed": 0},
]
JEST: Final = {
    "numFailedTestSuites": 1,
    "numFailedTests": 1,
    "numPassedTests": 1,
    "numPendingTests": 1,
    "numRuntimeErrorTestSuites": 1,
    "numTodoTests": 1,
    "numTotalTestSuites": 2,
    "numTotalTests": 4,
    "success": False,
    "testResults": [
        {"assertionResults": [{"duration": 2, "status": "passed"}, {"duration": None}]},
        {"assertionResults": []},
    ],
    "wasInterrupted": False,
}

LINTIAN: Final = {
    "groups": [
        {
            "group_id": "demo/1.0-1",
            "input_files": [
                {
                    "hints": [
                        {
                            "tag": "no-copyright-file",
                            "visibility": "error",
                            "pointer": {"item": {"name": "usr/share/doc/demo/copyright"}},
                        },
                        {"tag": "no-manual-page", "visibility": "warning"},
                    ],
                    "path": "demo_1.0-1_all.deb",
                }
            ],
        }
    ],
    "lintian_version": "2.116.3",
}
OCI_INDEX: Final = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.index.v1+json",
    "manifests": [
        {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": f"sha256:{digit * 64}",
            "size": 500,
            "platform": {"architecture": architecture, "os": "linux"},
        }
        for digit, architecture in (("a", "amd64"), ("b", "arm64"))
    ],
}
ACTIONLINT: Final = [
    {
        "message": "x",
        "filepath": ".github/workflows/a.yml",
        "line": line,
        "column": 9,
        "kind": kind,
        "snippet": "x",
        "end_column": 12,
    }
    for kind, line in (("expression", 7), ("syntax-check", 8))
]
SEMGREP: Final = {
    "version": "1.182.0",
    "results": [
        {
            "check_id": "no-assert",
            "path": "a.py",
            "start": {"line": line, "col": 1, "offset": 0},
            "extra": {"severity": "ERROR", "message": "x", "lines": "x", "is_ignored": False},
        }
        for line in (1, 2)
    ],
    "errors": [],
    "paths": {"scanned": ["a.py", "b.py"]},
    "skipped_rules": [],
}
SNYK: Final = {
    "vulnerabilities": [
        {"id": name, "severity": "high", "packageName": "minimist", "version": "1.2.0"}
        for name in ("SNYK-JS-1", "SNYK-JS-2")
    ],
    "ok": False,
    "dependencyCount": 2,
    "uniqueCount": 2,
    "projectName": "demo",
}
TRIVY: Final = {
    "SchemaVersion": 2,
    "ArtifactName": ".",
    "ArtifactType": "filesystem",
    "Results": [
        {
            "Target": "a.py",
            "Class": "secret",
            "Secrets": [
                {"RuleID": "github-pat", "Severity": "CRITICAL", "StartLine": 3, "Match": "x"}
            ],
        },
        {
            "Target": "Dockerfile",
            "Class": "config",
            "Misconfigurations": [
                {"ID": "DS-0002", "Severity": "HIGH", "Status": "FAIL", "CauseMetadata": {}}
            ],
        },
    ],
}
ZIZMOR: Final = [
    {
        "ident": ident,
        "determinations": {"confidence": "High", "severity": "Medium"},
        "locations": [
            {
                "symbolic": {
                    "key": {"Local": {"verbatim_path": ".github/workflows/a.yml"}},
                    "kind": "Primary",
                },
                "concrete": {"location": {"start_point": {"row": 5, "column": 8}}},
            }
        ],
        "ignored": False,
    }
    for ident in ("artipacked", "unpinned-uses")
]

SAMPLES: Final[Mapping[str, Sample]] = {
    "bandit": Sample(
        json.dumps(BANDIT).encode(),
        IssueFigures((Issue("B602", "a.py", 2), Issue("B404", "a.py", 1)), 2),
    ),
    "pip-audit": Sample(
        json.dumps(PIP_AUDIT).encode(),
        IssueFigures((Issue("PYSEC-2019-132", "urllib3 1.24.1"),), 1),
    ),
    "pre-commit": Sample(PRE_COMMIT, TestFigures(3, 1, 1)),
    "junit": Sample(
        b'<?xml version="1.0" encoding="utf-8"?>\n<testsuites><testsuite tests="4" failures="1" '
        b'errors="0" skipped="1"><testcase classname="t" name="a" time="0.001"/>'
        b'<testcase classname="t" name="b" time="0.002"><skipped message="later"/></testcase>'
        b'<testcase classname="t" name="c" time="0.001"/><testcase classname="t" name="d" '
        b'time="0.003"><failure message="m">text</failure></testcase></testsuite></testsuites>\n',
        TestFigures(4, 1, 1),
    ),
    "coverage": Sample(LCOV, CoverageFigures(50.0)),
    "coverage-json": Sample(json.dumps(COVERAGE_JSON).encode(), CoverageFigures(50.0)),
    "cobertura": Sample(
        b'<?xml version="1.0" ?>\n<coverage version="7.17.3" lines-valid="4" lines-covered="2" '
        b'line-rate="0.5" branch-rate="0"><packages><package name="." line-rate="0.5"/></packages>'
        b"</coverage>\n",
        CoverageFigures(50.0),
    ),
    "lcov": Sample(LCOV, CoverageFigures(50.0)),
    "sarif": Sample(
        json.dumps(SARIF).encode(),
        IssueFigures((Issue("R1", "a.py", 1), Issue("R2", "a.py", 2)), 2),
    ),
    "black": Sample(
        b"would reformat a.py\nerror: cannot parse: b.py:1:6\n    def f(:\n         ^\n"
        b"ParseError: bad input\n\nOh no!\n1 file would be reformatted, "
        b"3 files would be left unchanged, 1 file would fail to reformat.\n",
        IssueFigures((Issue("unformatted", "a.py"), Issue("unreadable", "b.py", 1)), 2),
    ),
    "import-linter": Sample(
        b"---------\nContracts\n---------\n\nAnalyzed 7 files, 3 dependencies.\n\n"
        b"The layers are kept BROKEN\nMid is alone KEPT\n\nContracts: 1 kept, 1 broken.\n",
        IssueFigures((Issue("The layers are kept"),), 1),
    ),
    "mypy": Sample(
        b"a.py:1: error: Incompatible types  [assignment]\na.py:1: note: See the manual\n"
        b"b.py:2:3: error: No such module  [import-not-found]\n"
        b"Found 2 errors in 2 files (checked 3 source files)\n",
        IssueFigures((Issue("assignment", "a.py", 1), Issue("import-not-found", "b.py", 2)), 2),
    ),
    "pyright": Sample(
        json.dumps(PYRIGHT).encode(), IssueFigures((Issue("reportX", "a.py", 3),), 1)
    ),
    "ruff-format": Sample(
        b"a.py:1:6: unformatted: File would be reformatted\n"
        b"b.py:1:7: invalid-syntax: Expected a parameter\n"
        b"1 file would be reformatted, 3 files already formatted\n",
        IssueFigures((Issue("unformatted", "a.py"), Issue("invalid-syntax", "b.py", 1)), 2),
    ),
    "twine": Sample(
        b"Successfully built a-1.0.tar.gz and a-1.0-py3-none-any.whl\n"
        b"Checking dist/a-1.0-py3-none-any.whl: FAILED due to warnings\n"
        b"Checking dist/a-1.0.tar.gz: FAILED\n",
        IssueFigures(
            (
                Issue("metadata", "dist/a-1.0-py3-none-any.whl"),
                Issue("metadata", "dist/a-1.0.tar.gz"),
            ),
            2,
        ),
    ),
    "cargo-audit": Sample(
        json.dumps(CARGO_AUDIT).encode(),
        IssueFigures(
            (Issue("RUSTSEC-2024-0001 bad", "Cargo.lock"), Issue("yanked gone", "Cargo.lock")), 2
        ),
    ),
    "cargo-messages": Sample(
        b"printed by a macro\n" + _lines(CARGO_MESSAGES),
        IssueFigures((Issue("clippy::needless_return", "src/lib.rs", 2),), 1),
    ),
    "cargo-test": Sample(CARGO_TEST, TestFigures(4, 1, 1)),
    "eslint": Sample(
        json.dumps(ESLINT).encode(),
        IssueFigures((Issue("no-var", "a.js", 1), Issue("parsing", "a.js", 2)), 2),
    ),
    "file-list": Sample(b"a.go\nb/b.go\nend\n", IssueFigures(_UNFORMATTED, 2)),
    "go-test": Sample(_lines(GO_TEST), TestFigures(2, 2, 0)),
    "go-vet": Sample(
        b"# demo/c\nc/c.go:3:12: fmt.Printf format %d has arg of wrong type\n"
        b"# demo/d\nvet: ./d.go:2:24: cannot use x\ngo vet ended with exit code 1, 4 packages\n",
        IssueFigures((Issue("vet", "c/c.go", 3), Issue("vet", "d.go", 2)), 2),
    ),
    "jest": Sample(json.dumps(JEST).encode(), TestFigures(5, 2, 2)),
    "tsc": Sample(
        b"src/a.ts(1,14): error TS2322: Type 'string' is not assignable to type 'number'.\n"
        b"src/b.ts:2:7 - error TS7006: Parameter 'x' implicitly has an 'any' type.\n"
        b"Files:              8\nLines:          44810\nTotal time:     2.08s\n",
        IssueFigures((Issue("TS2322", "src/a.ts", 1), Issue("TS7006", "src/b.ts", 2)), 2),
    ),
    "lintian": Sample(
        json.dumps(LINTIAN).encode(),
        IssueFigures(
            (
                Issue("no-copyright-file", "usr/share/doc/demo/copyright"),
                Issue("no-manual-page", "demo_1.0-1_all.deb"),
            ),
            2,
        ),
    ),
    "oci-image": Sample(json.dumps(OCI_INDEX).encode(), TestFigures(2, 0, 0)),
    "actionlint": Sample(
        json.dumps(ACTIONLINT).encode(),
        IssueFigures(
            (
                Issue("expression", ".github/workflows/a.yml", 7),
                Issue("syntax-check", ".github/workflows/a.yml", 8),
            ),
            2,
        ),
    ),
    "semgrep": Sample(
        json.dumps(SEMGREP).encode(),
        IssueFigures((Issue("no-assert", "a.py", 1), Issue("no-assert", "a.py", 2)), 2),
    ),
    "snyk": Sample(
        json.dumps(SNYK).encode(),
        IssueFigures(
            (Issue("SNYK-JS-1", "minimist 1.2.0"), Issue("SNYK-JS-2", "minimist 1.2.0")), 2
        ),
    ),
    "trivy": Sample(
        json.dumps(TRIVY).encode(),
        IssueFigures((Issue("github-pat", "a.py", 3), Issue("DS-0002", "Dockerfile")), 2),
    ),
    "zizmor": Sample(
        json.dumps(ZIZMOR).encode(),
        IssueFigures(
            (
                Issue("artipacked", ".github/workflows/a.yml", 6),
                Issue("unpinned-uses", ".github/workflows/a.yml", 6),
            ),
            2,
        ),
    ),
}
