"""The schema and the reader are two statements of one format; here they are held equal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from localci.config.configuration import REPORT_KINDS
from localci.config.configuration_file import find_configuration
from localci.config.presets import preset_names, preset_table
from localci.config.read_configuration import read_configuration
from localci.errors import UsageError
from localci.schemas import load_schema

SCHEMA: Any = load_schema("localci-1")
VALIDATOR = Draft202012Validator(SCHEMA)

COMMANDS = ["true", "a && b", "", " \n", "a\0", 1]
PATTERNS = ["src/**", "src/", "a?", "", "/", "/a", "../a", "a/..", "a//b", "!a", "[a]", "a\\b"]
PATHS = [".venv", "a/b", "a/", "a//", ".git", ".GIT/x", ".github", "/a", "..", "*", "", "a\n", 1]
VARIABLES = ["PATH", "_a1", "", "1a", "A=B", "A\n", "CI_SIGNING_KEY", "é"]
SPANS = ["10m", "1h30m", "0s", "00h1s", "", "10", "1.5h", "10m\n", 1, 0, -1, True, [], "30m1h"]
ENVIRONMENTS = [{}, {"A": "1"}, {"A": ""}, {"A": 1}, {"A": "\0"}, {"A=": "1"}, {"A\n": "1"}, 1]
WORDS = ["", "x", 1, True, [], {}]
REMOTES = [["origin"], ["git@a:b"], ["-x"], ["a b"], ["a\n"], ["a\0"], [""], [1], "a"]
REFS: list[Any] = [
    *([ref] for ref in ["main", "release/*", "**", "v?", "a.b", "-a", "é"]),
    *([ref] for ref in ["", "refs/heads/a", "!a", "{a,b}", "[ab]", "a b", "a\n", "a:b", "a^", "~"]),
    *([ref] for ref in ["a\\b", "a\0", "a\x7f", 1]),
    *[["main", "v1"], [], "main", {}],
]
VALUES: list[Any] = [
    *(["3.11", value] for value in ["3.12", "x", "a+b_c-d", "a" * 64, 12, 0]),
    *(["3.11", value] for value in ["a" * 65, "-x", "", "a b", "a/b", "a,b", "a\n", "é"]),
    *(["3.11", value] for value in ["3.11", 3.12, -1, True, [], {}]),
    *[[], "3.11", {}, 1],
]

CODES: list[Any] = [[1], [1, 255], [0], [256], [-1], [True], ["1"], [], 1]

SEARCHED: list[Any] = [*([path] for path in PATHS), ["a:b"], ["{a}"], [], "a"]

RUN: dict[str, list[Any]] = {
    "jobs": [0, 8, -1, True, "1"],
    "workspace": ["clone", "in-place", *WORDS],
    "keep": [[path] for path in PATHS] + [[], "a"],
    "setup": COMMANDS,
    "setup_inputs": [[pattern] for pattern in PATTERNS] + [[], "a", [1]],
    "setup_timeout": SPANS,
    "env": ENVIRONMENTS,
    "pass_env": [[name] for name in VARIABLES] + [[], "a", [1]],
    "isolation": ["auto", "none", "require", *WORDS],
    "fail_fast": [True, False, 0, "true"],
    "path": SEARCHED,
    "job": [1],
}
REPORTS = [
    *(f"{form}:r.x" for form in REPORT_KINDS),
    *["junit:a/b", "junit:a:b", "junit:..a", "junit:", "junit:/a", "junit:../a", "junit:a/../b"],
    *["junit:a/", "junit:a//b", "junit:.", "junit:a/..", "junit:*.xml", "junit:a\n", "junit:a\\b"],
    *["junit:-", "junit:-a", "sarif:-", "junit:a/-"],
    *["xunit:a", "junit", "JUNIT:a", "", " junit:a", 1],
]
CHECK: dict[str, list[Any]] = {
    "uses": [*preset_names(), "rufff", "", 1],
    "run": COMMANDS,
    "from": ["source", "", 1],
    "report": REPORTS,
    "inputs": [[pattern] for pattern in PATTERNS] + [[], "a", [1]],
    "timeout": SPANS,
    "threshold": [0, 100, 85.5, -0.1, 100.1, True, "85"],
    "max_issues": [0, 3, -1, True, "1"],
    "advisory": [True, False, 0, "true"],
    "reads": ["tree", "history", *WORDS],
    "env": ENVIRONMENTS,
    "matrix": [
        *({"python": values} for values in VALUES),
        *(
            {axis: ["1"]}
            for axis in ["a-b_1", "a" * 32, "a" * 33, "A", "_a", "1", "a.b", "a\n", ""]
        ),
        *[{"a": ["1", "2"], "b": ["x"]}, {}, [], "a"],
    ],
    "services": [["db"], ["db", "db"], [], ["DB"], [1], "db", {}],
    "needs": [["source"], ["source", "source"], [], ["Source"], [1], "source", {}],
    "when": [
        *({key: values} for key in ("branches", "tags") for values in REFS),
        *({"remotes": values} for values in REMOTES),
        *({"paths": [pattern]} for pattern in PATTERNS),
        *({"profiles": values} for values in [["nightly"], ["Nightly"], [], "nightly", [1]]),
        *[{"branches": ["main"], "paths": ["src/**"]}, {"branch": ["main"]}, {}, [], "main"],
    ],
    "runs_on": [["runner"], ["self-hosted", "X64"], [], [""], ["-x"], ["a b"], ["a\n"], [1], "a"],
    "own_workspace": [True, False, 0, "true"],
    "fresh_for": [*SPANS, "0h"],
    "retries": [0, 5, 6, -1, True, "1"],
    "weight": [1, 64, 65, 0, -1, True, "1"],
    "failed_codes": CODES,
    "report_codes": CODES,
    "fail_on": ["low", "medium", "high", "critical", "unknown", *WORDS],
    "artifacts": [
        *([pattern] for pattern in PATTERNS),
        *(["{matrix.}"], ["{matrix.A}"], ["${matrix.python}"], ["a$b"], ["a$"]),
        *[[], "a", [1]],
    ],
    "isolation": ["auto", "none", "require", *WORDS],
    "install": COMMANDS,
    "path": [*SEARCHED, ["{matrix.}"], ["${matrix.python}"], ["a$b"]],
    "rum": ["x"],
}
SERVICE: dict[str, list[Any]] = {
    "run": [*COMMANDS, "a {port} {data}", "a {matrix.x}", "a ${matrix.x}", "{matrix.}"],
    "ready": [*COMMANDS, "a {port}", "{matrix.x}"],
    "ready_timeout": SPANS,
    "env": [*ENVIRONMENTS, {"A": "{port}"}, {"A": "{matrix.x}"}],
    "port": [1],
}
PROFILE: dict[str, list[Any]] = {
    "checks": [["source"], ["source", "source"], [], ["Source"], [1], "source"],
    "jobs": [0, 8, -1, True, "1"],
    "fail_fast": [True, False, 0, "true"],
    "fresh": [True, False, 0, "true"],
    "run": ["x"],
}
HOOK: dict[str, list[Any]] = {
    "when_missing": ["auto", "run", "background", *WORDS],
    "cancel_older": [True, False, 0, "true"],
    "x": [1],
}
PUBLISH: dict[str, list[Any]] = {
    "remotes": [*REMOTES, []],
    "on_failure": ["stop", "warn", *WORDS],
    "x": [1],
}
NAMES = ["a", "0", "a.b_c-d", "a" * 64, "a" * 65, "A", "-a", "a b", "a\n", ""]


def tables(pools: dict[str, list[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Few keys at once: of many, one would nearly always be wrong."""
    keys = st.lists(st.sampled_from(sorted(pools)), max_size=3, unique=True)
    return keys.flatmap(
        lambda chosen: st.fixed_dictionaries({key: st.sampled_from(pools[key]) for key in chosen})
    )


SOURCE = {"run": "true"}
BASE: dict[str, Any] = {"services": {"db": SOURCE}, "profiles": {"nightly": {}}}
CONFIGURATIONS = st.one_of(
    st.builds(lambda check: {**BASE, "checks": {"source": SOURCE, "a": check}}, tables(CHECK)),
    st.builds(
        lambda check: {**BASE, "checks": {"source": SOURCE, "a": {"run": "true", **check}}},
        tables(CHECK),
    ),
    st.builds(
        lambda service: {"checks": {"source": SOURCE}, "services": {"db": service}}, tables(SERVICE)
    ),
    st.builds(
        lambda profile: {"checks": {"source": SOURCE}, "profiles": {"fast": profile}},
        tables(PROFILE),
    ),
    st.builds(lambda run: {"checks": {"a": SOURCE}, "run": run}, tables(RUN)),
    st.builds(lambda hook: {"checks": {"a": SOURCE}, "hook": hook}, tables(HOOK)),
    st.builds(lambda publish: {"checks": {"a": SOURCE}, "publish": publish}, tables(PUBLISH)),
    st.builds(lambda name: {"checks": {name: SOURCE}}, st.sampled_from(NAMES)),
    st.builds(
        lambda name: {"checks": {"a": SOURCE}, "services": {name: SOURCE}}, st.sampled_from(NAMES)
    ),
    st.builds(
        lambda name: {"checks": {"a": SOURCE}, "profiles": {name: {}}}, st.sampled_from(NAMES)
    ),
)


def to_toml(value: Any) -> str:
    """Write a value in one line; TOML's basic strings have the escapes of JSON's, and DEL."""
    if isinstance(value, dict):
        rows = (f"{to_toml(key)} = {to_toml(inner)}" for key, inner in value.items())
        return f"{{{', '.join(rows)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(to_toml, value))}]"
    return json.dumps(value).replace("\x7f", "\\u007f")


def is_read(configuration: dict[str, Any]) -> bool:
    text = "".join(f"{key} = {to_toml(value)}\n" for key, value in configuration.items())
    files = {"localci.toml": text.encode()}
    assert find_configuration(files.get).tables == configuration
    try:
        read_configuration(files.get)
    except UsageError:
        return False
    return True


def held_equal(configuration: dict[str, Any]) -> bool:
    valid = VALIDATOR.is_valid(configuration)
    assert is_read(configuration) == valid
    return valid


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@settings(deadline=None)
@given(CONFIGURATIONS)
def test_schema_and_reader_say_the_same(configuration: dict[str, Any]) -> None:
    held_equal({"version": 1, **configuration})


@pytest.mark.parametrize(
    ("table", "pools"), [("run", RUN), ("hook", HOOK), ("publish", PUBLISH)], ids=str
)
def test_of_every_setting_schema_and_reader_say_the_same(
    table: str, pools: dict[str, list[Any]]
) -> None:
    for key, values in pools.items():
        verdicts = {
            held_equal({"version": 1, "checks": {"a": SOURCE}, table: {key: value}})
            for value in values
        }
        assert False in verdicts


@pytest.mark.parametrize("key", CHECK)
@pytest.mark.parametrize(
    "rest",
    [
        {},
        {"run": "true"},
        {"uses": "ruff"},
        {"uses": "pytest"},
        {"run": "true", "report": "sarif:a"},
        {"run": "true", "report": "coverage:a"},
        {"from": "source", "report": "cobertura:a"},
    ],
    ids=str,
)
def test_of_every_key_of_a_check_schema_and_reader_say_the_same(
    key: str, rest: dict[str, Any]
) -> None:
    for value in CHECK[key]:
        checks = {"source": SOURCE, "a": {**rest, key: value}}
        held_equal({"version": 1, **BASE, "checks": checks})


@pytest.mark.parametrize(
    ("table", "pools", "rest"),
    [("services", SERVICE, {}), ("services", SERVICE, SOURCE), ("profiles", PROFILE, {})],
    ids=["services", "services with a command", "profiles"],
)
def test_of_every_key_of_a_service_and_a_profile_schema_and_reader_say_the_same(
    table: str, pools: dict[str, list[Any]], rest: dict[str, Any]
) -> None:
    for key, values in pools.items():
        for value in values:
            item = {**rest, key: value}
            held_equal({"version": 1, "checks": {"source": SOURCE}, table: {"a": item}})


@pytest.mark.parametrize(
    ("configuration", "valid"),
    [
        ({"version": 1, "checks": {"a": {"run": "true"}}}, True),
        ({"version": 1, "checks": {"a": {"uses": "ruff", "max_issues": 1}}}, True),
        ({"version": 1, "checks": {"a": {"uses": "build", "max_issues": 1}}}, False),
        ({"version": 1, "checks": {}}, False),
        ({"version": 1}, False),
        ({"checks": {"a": {"run": "true"}}}, False),
        ({"version": 2, "checks": {"a": {"run": "true"}}}, False),
        ({"version": True, "checks": {"a": {"run": "true"}}}, False),
        ({"version": "1", "checks": {"a": {"run": "true"}}}, False),
        ({"version": 1, "checks": {"a": {"run": "true"}}, "services": {}}, True),
        ({"version": 1, "checks": {"a": {"run": "true"}}, "profiles": {}}, True),
        ({"version": 1, "checks": {"a": {"run": "true"}}, "services": {"s": {}}}, False),
        ({"version": 1, "checks": {"a": {"run": "true"}}, "services": []}, False),
        ({"version": 1, "checks": {"a": {"run": "true"}}, "profiles": {"p": 1}}, False),
        ({"version": 1, "checks": {"a": {"run": "true"}}, "x": 1}, False),
        ({"version": 1, "checks": [], "run": {}}, False),
        ({"version": 1, "checks": {"a": []}}, False),
        ({"version": 1, "checks": {"a": {"run": "true"}}, "run": []}, False),
    ],
)
def test_examples(configuration: dict[str, Any], valid: bool) -> None:  # noqa: FBT001
    assert held_equal(configuration) is valid


@pytest.mark.parametrize(
    "configuration",
    [
        {"version": 1, "checks": {"a": {"from": "nobody", "report": "junit:a"}}},
        {"version": 1, "checks": {"a": {"from": "a", "report": "junit:a"}}},
        {"version": 1, "checks": {"a": {"run": "true", "timeout": "8d"}}},
        {"version": 1.0, "checks": {"a": {"run": "true"}}},
        {"version": 1, "checks": {"a": {"run": "true", "needs": ["b"]}}},
        {"version": 1, "checks": {"a": {"run": "true", "needs": ["a"]}}},
        {"version": 1, "checks": {"a": {"run": "true", "services": ["b"]}}},
        {"version": 1, "checks": {"a": {"run": "true", "when": {"profiles": ["b"]}}}},
        {"version": 1, "checks": {"a": SOURCE}, "profiles": {"p": {"checks": ["b"]}}},
        {"version": 1, "checks": {"a": {"run": "true", "matrix": {"x": ["a", "A"]}}}},
        {"version": 1, "checks": {"a": {"run": "true", "matrix": {"x": [1.0]}}}},
        {"version": 1, "checks": {"a": {"run": "true", "matrix": {"x": [*range(65)]}}}},
        {"version": 1, "checks": {"a": {"run": "{matrix.x}", "matrix": {"y": ["1"]}}}},
    ],
    ids=[
        "from nobody",
        "from itself",
        "longer than a week",
        "1.0 for 1",
        "needs nobody",
        "needs itself",
        "no such service",
        "no such profile",
        "a profile of no such check",
        "differing in capitals",
        "a number that is no integer in TOML",
        "too many cells",
        "no such axis",
    ],
)
def test_what_a_schema_cannot_say_the_reader_refuses(configuration: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(configuration)
    assert not is_read(configuration)


def test_the_schema_lists_the_presets_and_formats_there_are() -> None:
    kinds = {name: kind_of(name) for name in preset_names()}
    lists = {
        "preset": list(kinds),
        "issuesPreset": [name for name, kind in kinds.items() if kind == "issues"],
        "reportingPreset": [name for name, kind in kinds.items() if kind],
    }
    of_kind = {
        kind: "|".join(form for form in REPORT_KINDS if REPORT_KINDS[form] == kind)
        for kind in ("issues", "coverage")
    }
    assert {name: SCHEMA["$defs"][name]["enum"] for name in lists} == lists
    assert {
        name: SCHEMA["$defs"][name]["pattern"]
        for name in ("issuesReport", "coverageReport", "reportFormat")
    } == {
        "issuesReport": f"^({of_kind['issues']}):",
        "coverageReport": f"^({of_kind['coverage']}):",
        "reportFormat": f"^({'|'.join(REPORT_KINDS)}):(-$|[^/])",
    }


def kind_of(preset: str) -> str:
    """Return the kind of figures that a preset's report gives; empty where it has none."""
    report: Any = (preset_table(preset) or {}).get("report", "")
    return REPORT_KINDS.get(report.partition(":")[0], "")
