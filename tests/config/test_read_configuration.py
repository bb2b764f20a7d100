from __future__ import annotations

import pytest

from localci import __version__
from localci.config.configuration import (
    Check,
    Configuration,
    HookSettings,
    Profile,
    PublishSettings,
    Report,
    RunSettings,
    Service,
    When,
)
from localci.config.read_configuration import read_configuration
from localci.errors import USAGE, UsageError

WHOLE = """\
version = 1

[run]
jobs = 4
workspace = "in-place"
keep = [".venv", "node_modules/"]
setup = "uv sync --frozen"
setup_inputs = ["uv.lock", "pyproject.toml"]
setup_timeout = "1h"
env = { A = "1" }
pass_env = ["PATH"]
isolation = "require"
fail_fast = true

[hook]
when_missing = "background"
cancel_older = false

[services.db]
run = "postgres -p {port} -D {data}"
ready = "pg_isready -p {port}"
ready_timeout = "2m"
env = { PGPORT = "{port}" }

[services.cache]
run = "redis-server --port {port}"

[profiles.nightly]
checks = ["tests", "lint", "tests"]
jobs = 0
fail_fast = false
fresh = true

[profiles.all]

[publish]
remotes = ["origin", "git@example.org:a/b.git"]
on_failure = "warn"

[checks.coverage]
from = "tests"
report = "coverage:sub/coverage.json"
threshold = 85

[checks.tests]
run = "pytest"
report = "junit:junit.xml"
inputs = ["src/**", "tests/**"]
timeout = "1h30m"
reads = "history"
env = { B = "2" }
needs = ["lint"]
services = ["cache", "db"]
matrix.python = ["3.11", 12]
matrix.os = ["x"]
when = { branches = ["main"], tags = ["v*"], remotes = ["origin"], paths = ["src/**"] }
runs_on = ["runner", "X64"]
own_workspace = true
fresh_for = "1d"
retries = 2
weight = 3

[checks.lint]
run = "ruff check"
report = "sarif:ruff.sarif"
max_issues = 3
advisory = true
timeout = 90
"""


def read(text: str) -> Configuration:
    return read_configuration({"localci.toml": text.encode()}.get)


def refusal(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(text)
    assert caught.value.exit_code == USAGE
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_whole_configuration_is_read() -> None:
    configuration = read(WHOLE)
    assert configuration.file == "localci.toml"
    assert configuration.run == RunSettings(
        keep=(".venv", "node_modules"),
        setup="uv sync --frozen",
        setup_inputs=("uv.lock", "pyproject.toml"),
        setup_timeout=3600.0,
        env={"A": "1"},
        pass_env=("PATH",),
        jobs=4,
        workspace="in-place",
        isolation="require",
        fail_fast=True,
    )
    assert configuration.hook == HookSettings("background", cancel_older=False)
    assert configuration.services == (
        Service(
            "db",
            run="postgres -p {port} -D {data}",
            ready="pg_isready -p {port}",
            ready_timeout=120.0,
            env={"PGPORT": "{port}"},
        ),
        Service("cache", run="redis-server --port {port}"),
    )
    assert configuration.profiles == (
        Profile("nightly", ("tests", "lint"), jobs=0, fail_fast=False, fresh=True),
        Profile("all"),
    )
    assert configuration.profile("all") == Profile("all")
    assert configuration.profile("") is None
    assert configuration.publish == PublishSettings(
        ("origin", "git@example.org:a/b.git"), stop_on_failure=False
    )
    assert configuration.tables["publish"] == {
        "remotes": ["origin", "git@example.org:a/b.git"],
        "on_failure": "warn",
    }
    assert configuration.checks == (
        Check(
            name="coverage",
            source="tests",
            report=Report("coverage", "sub/coverage.json"),
            inputs=("src/**", "tests/**"),
            threshold=85.0,
            reads_history=True,
            matrix={"python": ("3.11", "12"), "os": ("x",)},
            fresh_for=86_400,
        ),
        Check(
            name="tests",
            run="pytest",
            report=Report("junit", "junit.xml"),
            inputs=("src/**", "tests/**"),
            timeout=5400.0,
            reads_history=True,
            env={"B": "2"},
            needs=("lint",),
            services=("cache", "db"),
            matrix={"python": ("3.11", "12"), "os": ("x",)},
            when=When(("main",), ("v*",), ("origin",), ("src/**",)),
            runs_on=("runner", "X64"),
            own_workspace=True,
            fresh_for=86_400,
            retries=2,
            weight=3,
        ),
        Check(
            name="lint",
            run="ruff check",
            report=Report("sarif", "ruff.sarif"),
            max_issues=3,
            advisory=True,
            timeout=90.0,
        ),
    )


def test_the_least_that_can_be_written_has_the_defaults() -> None:
    configuration = read('version = 1\n[checks.a]\nrun = "true"')
    assert configuration.run == RunSettings()
    assert configuration.publish == PublishSettings()
    assert configuration.hook == HookSettings()
    assert (configuration.services, configuration.profiles) == ((), ())
    assert configuration.checks == (Check(name="a", run="true"),)


def test_pyproject_names_its_own_tables_in_errors() -> None:
    text = b'[tool.localci]\nversion = 1\n[tool.localci.checks.a]\nrun = "true"\ntreshold = 1\n'
    with pytest.raises(UsageError) as caught:
        read_configuration({"pyproject.toml": text}.get)
    assert str(caught.value).startswith(
        "pyproject.toml:5: unknown key `treshold` in [tool.localci.checks.a]; did you mean"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`version = 1` is missing"),
        ("version = 2", "1: `version` is 2; localci VERSION reads version 1"),
        ("version = true", "1: `version` is not a whole number of at least 0"),
        ("version = 1.0", "1: `version` is not a whole number of at least 0"),
        ("version = 1\nchekcs = 1", "2: unknown key `chekcs`; did you mean `checks`?"),
        ("version = 1\nservices = 1", "2: `services` is not a table"),
        ("version = 1\nrun = 1", "2: `run` is not a table"),
    ],
)
def test_a_root_that_cannot_be_used_is_refused(text: str, message: str) -> None:
    place = "localci.toml:" if message[0].isdigit() else "localci.toml: "
    assert refusal(text) == place + message.replace("VERSION", __version__)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("jobs = -1", "`jobs` in [run] is not a whole number of at least 0"),
        ("jobs = true", "`jobs` in [run] is not a whole number of at least 0"),
        ("job = 1", "unknown key `job` in [run]; did you mean `jobs`?"),
        ('workspace = "x"', "`workspace` in [run] is `x`; known here: `clone`, `in-place`"),
        ("fail_fast = 1", "`fail_fast` in [run] is not true or false"),
        ('isolation = "non"', "`isolation` in [run] is `non`; did you mean `none`?"),
        ("isolation = 1", "`isolation` in [run] is no text; known here: `auto`, `none`, `require`"),
        ('keep = ".venv"', '`keep` in [run] is not a list like ["a", "b"]'),
        ("keep = [1]", "`keep` in [run] is not a text in quotes"),
        ('keep = ["../x"]', "`keep` in [run] has an empty part, `.` or `..` in its path"),
        ('keep = ["*"]', "`keep` in [run] has a `*`; it is a path, not a pattern"),
        ('keep = [".GIT/hooks"]', "`keep` in [run] names git's own directory"),
        ('setup = " "', "`setup` in [run] is empty"),
        ('setup = "a\\u0000"', "`setup` in [run] holds a NUL byte"),
        ('setup_inputs = ["/x"]', "`setup_inputs` in [run] starts with `/`"),
        ('pass_env = ["A B"]', "`pass_env` in [run] is not the name of an environment variable"),
        (
            'pass_env = ["CI_SIGNING_KEY"]',
            "`pass_env` in [run] names CI_SIGNING_KEY; no check ever gets the signing key",
        ),
        ("env = { A = 1 }", "`A` in [run.env] is not a text in quotes"),
        ('env = { A = "\\u0000" }', "`A` in [run.env] holds a NUL byte"),
        ('env = { "A=" = "1" }', "`A=` in [run.env] is not the name of an environment variable"),
    ],
)
def test_run_settings_that_cannot_be_used_are_refused(line: str, message: str) -> None:
    found = refusal(f'version = 1\n[checks.a]\nrun = "true"\n[run]\n{line}\n')
    assert found.startswith(f"localci.toml:5: {message}")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("[hook]\ncancel_older = 1", "`cancel_older` in [hook] is not true or false"),
        ('[hook]\nwhen_missing = "no"', "`when_missing` in [hook] is `no`; known here: `auto`"),
        ('[hook]\nwhen_mising = "run"', "unknown key `when_mising` in [hook]; did you mean"),
        ('[publish]\nremotes = ["-x"]', "`remotes` in [publish] is not the name or the URL of"),
        ('[publish]\nremotes = ["a\\u0000"]', "`remotes` in [publish] is not the name or the URL"),
        ('[publish]\non_failure = "ignore"', "`on_failure` in [publish] is `ignore`; known here"),
        ("[notes]\nshards = 8", "`shards` in [notes] is 8; 1, 16 or 256 can be"),
        ('[notes]\nkeep = "1h"', "`keep` in [notes] has to be longer"),
        ("[notes]\nshard = 16", "unknown key `shard` in [notes]; did you mean `shards`?"),
        ("[publish]\nremote = []", "unknown key `remote` in [publish]; did you mean `remotes`?"),
    ],
)
def test_hook_and_publish_settings_that_cannot_be_used_are_refused(
    lines: str, message: str
) -> None:
    found = refusal(f'version = 1\n[checks.a]\nrun = "true"\n{lines}\n')
    assert found.startswith(f"localci.toml:5: {message}")
