from __future__ import annotations

import pytest

from localci.config.configuration import Check, Report, When
from localci.config.read_configuration import read_configuration
from localci.errors import UsageError


def read(text: str) -> tuple[Check, ...]:
    return read_configuration({"localci.toml": f"version = 1\n{text}\n".encode()}.get).checks


def test_a_preset_fills_in_what_is_not_written() -> None:
    (check,) = read('[checks.lint]\nuses = "ruff"\nmax_issues = 2\ninputs = ["src/**"]')
    assert "ruff check" in check.run
    assert check.report == Report("sarif", "ruff.sarif")
    assert check.inputs == ("src/**",)
    assert check.max_issues == 2


def test_a_command_beside_a_preset_wins_and_keeps_the_rest() -> None:
    (check,) = read('[checks.tests]\nuses = "pytest"\nrun = "pytest -x"')
    assert check.run == "pytest -x"
    assert check.report == Report("junit", "junit.xml")


def test_a_check_may_read_from_a_preset_and_from_a_check_written_later() -> None:
    reader, source = read(
        '[checks.issues]\nfrom = "lint"\nreport = "sarif:ruff.sarif"\n'
        '[checks.lint]\nuses = "ruff"\ninputs = ["src/**"]'
    )
    assert reader.source == "lint"
    assert reader.inputs == source.inputs != ()


def test_a_reader_has_what_its_source_has() -> None:
    source, reader = read(
        '[checks.tests]\nrun = "x {matrix.python}"\nmatrix.python = ["3.11"]\nfresh_for = "1d"\n'
        'reads = "history"\n[checks.coverage]\nfrom = "tests"\nreport = "coverage:c.json"\n'
        'when.branches = ["main"]'
    )
    assert reader.matrix == source.matrix == {"python": ("3.11",)}
    assert reader.fresh_for == source.fresh_for == 86_400
    assert reader.reads_history
    assert reader.when == When(branches=("main",))
    assert source.when is None


def test_what_needs_a_check_that_looks_beyond_the_tree_does_so_too() -> None:
    far, near, *rest = read(
        '[checks.far]\nrun = "x"\nneeds = ["near"]\n[checks.near]\nrun = "x"\nneeds = ["log"]\n'
        '[checks.log]\nrun = "x"\nreads = "history"\n[checks.other]\nrun = "x"'
    )
    assert far.reads_history
    assert near.reads_history
    assert [check.reads_history for check in rest] == [True, False]


def test_a_list_of_names_has_each_once() -> None:
    check, *_ = read(
        '[checks.a]\nrun = "x"\nneeds = ["b", "b"]\nservices = ["db", "db"]\nruns_on = ["x", "x"]\n'
        '[checks.b]\nrun = "x"\n[services.db]\nrun = "x"'
    )
    assert (check.needs, check.services, check.runs_on) == (("b",), ("db",), ("x",))


@pytest.mark.parametrize(("span", "seconds"), [("0", 0), ('"0s"', 0), ('"1d"', 86_400)])
def test_a_result_may_be_reused_for_a_time_or_never(span: str, seconds: int) -> None:
    (check,) = read(f'[checks.a]\nrun = "x"\nfresh_for = {span}')
    assert check.fresh_for == seconds


def test_checks_that_wait_for_each_other_are_refused_with_the_circle() -> None:
    with pytest.raises(UsageError) as caught:
        read(
            '[checks.start]\nrun = "x"\nneeds = ["a"]\n[checks.a]\nrun = "x"\nneeds = ["b"]\n'
            '[checks.b]\nfrom = "c"\nreport = "junit:x"\n[checks.c]\nrun = "x"\nneeds = ["a"]'
        )
    assert str(caught.value) == (
        "localci.toml:7: `needs` in [checks.a] goes round in a circle: a → b → c → a"
    )


def test_many_ways_to_one_check_cost_no_time() -> None:
    last = '[checks.x99]\nrun = "x"\n[checks.y99]\nrun = "x"'
    rows = (
        f'[checks.{side}{row}]\nrun = "x"\nneeds = ["x{row + 1}", "y{row + 1}"]'
        for row in range(99)
        for side in "xy"
    )
    assert len(read("\n".join((*rows, last)))) == 200


@pytest.mark.parametrize("key", ["run", "env"])
def test_a_port_is_known_to_services_only(key: str) -> None:
    line = {"run": 'run = "x {port}"', "env": 'run = "x"\nenv.A = "{port}"'}[key]
    with pytest.raises(UsageError, match=rf"`{key}` in \[checks.a\] has {{port}}, which only a"):
        read(f'[checks.a]\n{line}\nservices = ["db"]\n[services.db]\nrun = "x"')
    (check,) = read(f"[checks.a]\n{line}")
    assert "{port}" in check.run or check.env == {"A": "{port}"}


@pytest.mark.parametrize("checks", ["", "[checks]"])
def test_a_configuration_without_a_check_is_refused(checks: str) -> None:
    with pytest.raises(UsageError, match=r"`checks` has no check; write one"):
        read(checks)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("[checks.Lint]", "`Lint` in [checks] is no name for a check"),
        ('[checks."a b"]', "`a b` in [checks] is no name for a check"),
        (f"[checks.{'a' * 65}]", f"`{'a' * 65}` in [checks] is no name for a check"),
        ("[[checks.a]]", "`a` in [checks] is not a table"),
        ("[checks.a]", "check `a` has none of `run`, `uses` and `from`"),
    ],
)
def test_a_check_that_is_none_is_refused(header: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(header)
    assert str(caught.value).startswith(f"localci.toml:2: {message}")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('rum = "x"', "unknown key `rum` in [checks.a]; did you mean `run`?"),
        ("timeout = 0", "`timeout` in [checks.a] has to be longer than nothing"),
        ('timeout = "soon"', '`timeout` in [checks.a] is not a time like "10m"'),
        ("timeout = 1.5", '`timeout` in [checks.a] is not a time like "10m"'),
        ('timeout = "8d"', "`timeout` in [checks.a] is longer than 7 days"),
        ("inputs = []", "`inputs` in [checks.a] is empty; leave it out for the whole tree"),
        ('inputs = ["*.[ch]"]', "`inputs` in [checks.a] has a `[`; patterns know `*`, `?`"),
        ('report = "junit.xml"', '`report` in [checks.a] is not like "junit:junit.xml"'),
        ('report = "juint:a"', "`report` in [checks.a] has no known format `juint`; did you mean"),
        ('report = "junit:../a"', "`report` in [checks.a] has an empty part, `.` or `..`"),
        ('report = "junit:"', "`report` in [checks.a] is empty"),
        ("threshold = 85", "`threshold` in [checks.a] needs a `report` of coverage, like cover"),
        ("max_issues = 1", "`max_issues` in [checks.a] needs a `report` of issues, like sarif:"),
        ('fail_on = "grave"', "`fail_on` in [checks.a] is `grave`; "),
        ("report_codes = [1]", "`report_codes` in [checks.a] needs a `report` that decides"),
        ("failed_codes = []", "`failed_codes` in [checks.a] is empty; leave it out"),
        ("failed_codes = [0]", "`failed_codes` in [checks.a] holds something else than whole numb"),
        ("failed_codes = 1", "`failed_codes` in [checks.a] is not a list like [1]"),
        ('artifacts = ["../a"]', "`artifacts` in [checks.a] has an empty part, `.` or `..`"),
        (
            'artifacts = ["{matrix.x}"]',
            "`artifacts` in [checks.a] has {matrix.x}, which is no",
        ),
        ("artifacts = []", "`artifacts` in [checks.a] is empty; leave it out"),
        ('isolation = "require"', "`isolation` in [checks.a] is `require`; "),
        ("advisory = 1", "`advisory` in [checks.a] is not true or false"),
        ('reads = "hsitory"', "`reads` in [checks.a] is `hsitory`; did you mean `history`?"),
        ('uses = "rufff"', "`uses` in [checks.a] names no preset `rufff`; did you mean `ruff`?"),
        ('uses = "ruff_format"', "`uses` in [checks.a] names no preset `ruff_format`; did you"),
        ("uses = 1", "`uses` in [checks.a] is not a text in quotes"),
        ('needs = "b"', '`needs` in [checks.a] is not a list like ["a", "b"]'),
        ('needs = ["B"]', "`needs` in [checks.a] is no name for a check"),
        ('needs = ["other"]', "`needs` in [checks.a] names no check `other`; known here: `a`"),
        ('needs = ["a"]', "`needs` in [checks.a] goes round in a circle: a → a"),
        ('services = ["A B"]', "`services` in [checks.a] is no name for a service"),
        ('services = ["d"]', "`services` in [checks.a] names no service `d`; did you mean `db`?"),
        ("runs_on = []", "`runs_on` in [checks.a] is empty; leave it out, or the check runs"),
        ('runs_on = ["a b"]', "`runs_on` in [checks.a] has a label that is not like [A-Za-z0-9]"),
        ("own_workspace = 1", "`own_workspace` in [checks.a] is not true or false"),
        ('fresh_for = "soon"', '`fresh_for` in [checks.a] is not a time like "10m"'),
        ('fresh_for = "36501d"', "`fresh_for` in [checks.a] is longer than 36500 days"),
        ("retries = 6", "`retries` in [checks.a] is more than 5"),
        ("retries = -1", "`retries` in [checks.a] is not a whole number of at least 0"),
        ("weight = 0", "`weight` in [checks.a] is not a whole number of at least 1"),
        ("weight = 65", "`weight` in [checks.a] is more than 64"),
        ("matrix = 1", "`matrix` in [checks.a] is not a table"),
        ('when.profiles = ["fast"]', "`profiles` in [checks.a.when] names no profile `fast`; kno"),
        ('env = { A = "{matrix.x}" }', "`env` in [checks.a] has {matrix.x}, which is no axis of"),
        ('env = { A = "{range}" }', "`env` in [checks.a] has {range}, commits beside the tree; t"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused(line: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(f'[checks.a]\nrun = "true"\n{line}\n[services.db]\nrun = "x"')
    assert str(caught.value).startswith(f"localci.toml:4: {message}")


@pytest.mark.parametrize("percentage", ["-1", "100.1", "true", '"85"'])
def test_a_threshold_that_is_no_percentage_is_refused(percentage: str) -> None:
    with pytest.raises(UsageError, match=r"`threshold` .* is not a number from 0 to 100"):
        read(f'[checks.a]\nrun = "x"\nreport = "cobertura:c.xml"\nthreshold = {percentage}')


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('from = "b"', "`from` in [checks.a] needs a `report` to read"),
        ('from = ""\nreport = "junit:a"', "`from` in [checks.a] is no name for a check"),
        ('from = "bb"\nreport = "junit:a"', "`from` in [checks.a] names no check `bb`; did you"),
        ('from = "a"\nreport = "junit:a"', "`from` in [checks.a] names `a`, which runs nothing"),
        ('from = "c"\nreport = "junit:a"', "`from` in [checks.a] names `c`, which runs nothing"),
        ('from = "b"\nreport = "junit:a"\nrun = "x"', "`run` in [checks.a] has no place beside"),
        ('from = "b"\nuses = "ruff"', "`uses` in [checks.a] has no place beside `from`"),
        ('from = "b"\nreport = "junit:a"\ntimeout = 1', "`timeout` in [checks.a] has no place"),
        ('from = "b"\nreport = "junit:a"\nreads = "tree"', "`reads` in [checks.a] has no place"),
        ('from = "b"\nreport = "junit:a"\ninputs = ["x"]', "`inputs` in [checks.a] has no place"),
        ('from = "b"\nreport = "junit:a"\nenv = {}', "`env` in [checks.a] has no place beside"),
        *(
            (f'from = "b"\nreport = "junit:a"\n{line}', f"`{line.split()[0]}` in [checks.a] has no")
            for line in (
                'needs = ["c"]',
                "services = []",
                'matrix = { x = ["1"] }',
                'runs_on = ["runner"]',
                "own_workspace = true",
                "fresh_for = 0",
                "retries = 0",
                "weight = 1",
            )
        ),
    ],
)
def test_a_reader_that_cannot_read_is_refused(lines: str, message: str) -> None:
    others = '[checks.b]\nrun = "x"\n[checks.c]\nfrom = "b"\nreport = "junit:a"\n'
    with pytest.raises(UsageError) as caught:
        read(f"{others}[checks.a]\n{lines}")
    assert message in str(caught.value)
