from __future__ import annotations

import pytest

from localci import __version__
from localci.config.configuration import Check, Report
from localci.config.read_configuration import read_configuration
from localci.errors import UsageError


def read(text: str) -> tuple[Check, ...]:
    return read_configuration({"localci.toml": f"version = 1\n{text}\n".encode()}.get).checks


def test_a_preset_fills_in_what_is_not_written() -> None:
    (check,) = read('[checks.lint]\nuses = "ruff"\nmax_issues = 2\ninputs = ["src/**"]')
    assert check.run.startswith("ruff check")
    assert check.report == Report("sarif", "ruff.sarif")
    assert check.inputs == ("src/**",)
    assert check.max_issues == 2


def test_a_command_beside_a_preset_wins_and_keeps_the_rest() -> None:
    (check,) = read('[checks.tests]\nuses = "pytest"\nrun = "pytest -x"')
    assert check.run == "pytest -x"
    assert check.report == Report("junit", "junit.xml")


def test_a_check_may_read_from_a_preset_and_from_a_check_written_later() -> None:
    reader, source = read(
        '[checks.issues]\nfrom = "lint"\nreport = "sarif:ruff.sarif"\n[checks.lint]\nuses = "ruff"'
    )
    assert reader.source == "lint"
    assert reader.inputs == source.inputs != ()


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
        ("threshold = 85", "`threshold` in [checks.a] needs a `report` of coverage (coverage, cob"),
        ("max_issues = 1", "`max_issues` in [checks.a] needs a `report` of issues (sarif)"),
        ("advisory = 1", "`advisory` in [checks.a] is not true or false"),
        ('reads = "hsitory"', "`reads` in [checks.a] is `hsitory`; did you mean `history`?"),
        ('uses = "rufff"', "`uses` in [checks.a] names no preset `rufff`; did you mean `ruff`?"),
        ('uses = "ruff_format"', "`uses` in [checks.a] names no preset `ruff_format`; did you"),
        ("uses = 1", "`uses` in [checks.a] is not a text in quotes"),
        ('matrix.python = ["3.11"]', "`matrix` in [checks.a] is not supported by localci VERSION"),
        (
            'services = ["redis"]',
            "`services` in [checks.a] is not supported by localci VERSION yet",
        ),
        ("when = {}", "`when` in [checks.a] is not supported by localci VERSION yet"),
        ("runs_on = []", "`runs_on` in [checks.a] is not supported by localci VERSION yet"),
        ("needs = []", "`needs` in [checks.a] is not supported by localci VERSION yet"),
        (
            "own_workspace = true",
            "`own_workspace` in [checks.a] is not supported by localci VERSION",
        ),
        ("fresh_for = 0", "`fresh_for` in [checks.a] is not supported by localci VERSION yet"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused(line: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(f'[checks.a]\nrun = "true"\n{line}')
    assert str(caught.value).startswith(
        f"localci.toml:4: {message}".replace("VERSION", __version__)
    )


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
    ],
)
def test_a_reader_that_cannot_read_is_refused(lines: str, message: str) -> None:
    others = '[checks.b]\nrun = "x"\n[checks.c]\nfrom = "b"\nreport = "junit:a"\n'
    with pytest.raises(UsageError) as caught:
        read(f"{others}[checks.a]\n{lines}")
    assert message in str(caught.value)
