"""The steps of GitHub workflows as checks, and what is said of those that cannot be."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from localci.config.configuration import When
from localci.errors import UsageError
from localci.prover.setup.proposing.machine import Machine
from localci.prover.setup.proposing.propose import (
    propose_policy,
    read_proposed,
    translate_configuration,
)
from localci.prover.setup.working_tree import WorkingTree
from support.repositories import write_files

if TYPE_CHECKING:
    from pathlib import Path

    from localci.config.configuration import Check, Configuration

PATH = ".github/workflows/ci.yml"
HERE = Machine(frozenset({"gitleaks"}), frozenset({"3.11", "3.12"}))
CHANGES = "on: [push, pull_request]\n"
JOB = "    runs-on: ubuntu-latest\n"
NINE = [f"v{number}" for number in range(9)]


def translated(root: Path, text: str, *, machine: Machine = HERE, path: str = PATH) -> str:
    write_files(root, {PATH: text})
    tree = WorkingTree(root)
    first = translate_configuration(tree, path, lambda _: machine)
    assert first == translate_configuration(tree, path, lambda _: machine)
    return first.decode()


def steps(*rows: str, job: str = JOB, head: str = CHANGES, more: str = "") -> str:
    listed = "".join(f"      - {row}\n" for row in rows)
    return f"{head}jobs:\n  a:\n{job}    steps:\n{listed}{more}"


def one(root: Path, text: str, name: str = "a") -> Check:
    found = read_proposed(translated(root, text).encode()).check(name)
    assert found is not None
    return found


def why(root: Path, text: str) -> str:
    """What is said of a workflow beside whose job `a` there is one that is translated."""
    text += "  other:\n    runs-on: ubuntu-latest\n    steps:\n      - run: 'true'\n"
    written = translated(root, text)
    assert list(names(read_proposed(written.encode()))) == ["other"]
    return written.partition("# Not translated:\n")[2]


def names(configuration: Configuration) -> tuple[str, ...]:
    return tuple(check.name for check in configuration.checks)


def test_a_job_of_one_command_is_a_check_of_its_name(tmp_path: Path) -> None:
    check = one(tmp_path, steps("uses: actions/checkout@v4", "run: make check"))

    assert (check.run, check.when, check.needs) == ("make check", None, ())


def test_steps_wait_for_each_other_as_on_the_runner(tmp_path: Path) -> None:
    rows = (
        "run: make build",
        "{name: 'Unit: Tests!', run: make test}",
        "{run: make slow, continue-on-error: true}",
        "{name: always, run: make lint, if: always()}",
        "{name: last, run: make last}",
    )
    configuration = read_proposed(translated(tmp_path, steps(*rows)).encode())

    needs = {check.name: check.needs for check in configuration.checks}
    assert needs == {
        "a-make-build": (),
        "a-unit-tests": ("a-make-build",),
        "a-make-slow": ("a-unit-tests",),
        "a-always": ("a-unit-tests",),
        "a-last": ("a-always",),
    }
    slow = configuration.check("a-make-slow")
    assert slow is not None
    assert slow.advisory


def test_a_step_has_always_what_those_before_it_made(tmp_path: Path) -> None:
    text = translated(tmp_path, steps("run: make one", "run: make two", "run: make three"))
    configuration = read_proposed(text.encode())

    assert [check.fresh_for for check in configuration.checks] == [0, 0, None]
    # That says nothing of how old a result may be.
    assert b'max_age = "1d"' not in propose_policy("github.com/a/b", configuration)


def test_the_checks_of_a_job_wait_for_the_jobs_that_it_needs(tmp_path: Path) -> None:
    more = "  b:\n    needs: [a]\n    runs-on: ubuntu-latest\n    steps:\n      - run: make b\n"

    assert one(tmp_path, steps("run: x", "run: y", more=more), "b").needs == ("a-x", "a-y")


def test_what_runs_for_some_branches_runs_for_all_where_a_policy_could_require_nothing(
    tmp_path: Path,
) -> None:
    text = steps("run: one", "run: two", head="on:\n  push:\n    branches: [main]\n")

    alone = translated(tmp_path, text)
    assert [check.when for check in read_proposed(alone.encode()).checks] == [None, None]
    assert "runs here for every branch, there only for `main`" in alone
    assert b"[require.a-two]" in propose_policy("github.com/a/b", read_proposed(alone.encode()))

    write_files(tmp_path, {".github/workflows/other.yml": steps("run: three")})
    beside = read_proposed(translated(tmp_path, text, path=".github/workflows").encode())
    assert [check.when for check in beside.checks] == [When(branches=("main",))] * 2 + [None]


@pytest.mark.parametrize(
    ("row", "run"),
    [
        ("run: make test", "make test"),
        ("{run: make test, working-directory: ./a b/}", "cd 'a b' && make test"),
        ('run: "one\\ntwo\\n"', "set -e\none\ntwo\n"),
        ('{run: "one\\ntwo", working-directory: sub}', "set -e\ncd sub\none\ntwo\n"),
        ("{run: 'one | two', shell: bash}", "bash -eo pipefail -c 'one | two'"),
        ("run: '[[ -f x ]]'", "bash -e -c '[[ -f x ]]'"),
        ("run: echo ${{ 'x' }}-${{ runner.os }}", "echo x-Linux"),
        ("run: git show ${{ github.sha }}", "git show {commit}"),
        ("{run: 'echo ${{ env.A }}', env: {A: b}}", "echo b"),
        ("run: a; b", "set -e\na; b\n"),
        ("{run: a || b, working-directory: sub}", "set -e\ncd sub\na || b\n"),
        ("run: '[ a == b ]'", "bash -e -c '[ a == b ]'"),
        ("{run: '[ a == b ]', shell: sh}", "[ a == b ]"),
        ("run: 'a && b  # both'", "a && b  # both"),
        ('run: "pip install x || true"', "set -e\npip install x || true\n"),
        ("run: python -m pytest -x", "python -m pytest -x --junitxml={reports}/junit.xml"),
        ("run: 'pytest  # all'", "pytest --junitxml={reports}/junit.xml"),
    ],
)
def test_a_script_runs_as_a_runner_would_run_it(row: str, run: str, tmp_path: Path) -> None:
    assert one(tmp_path, steps(row)).run == run


def test_a_script_ends_at_its_first_failure(tmp_path: Path) -> None:
    rows = ['run: "false\\ntrue\\n"', "{run: 'false | true', shell: bash}", "run: 'false; true'"]
    for number, row in enumerate(rows):
        run = one(tmp_path / str(number), steps(row)).run
        assert subprocess.run(["sh", "-c", run], check=False).returncode == 1


SCRIPT = """\
pip install -e ".[dev]" && pip install tox  # tools
# here it begins
python -c "
import sys

# not a comment of the shell
print(  'two  blanks',
    file=sys.stderr)
"
cat <<END
    kept   as it is
END
"""


def test_a_script_stays_as_it_is_written(tmp_path: Path) -> None:
    indented = "".join(f"          {line}\n" for line in SCRIPT.splitlines())
    configuration = read_proposed(translated(tmp_path, steps(f"run: |\n{indented}")).encode())

    left = SCRIPT.partition("begins\n")[2]
    assert configuration.checks[0].run == f"set -e\n{left}"
    assert '&& pip install -e ".[dev]" && pip install tox)' in configuration.run.setup


def test_what_installs_what_was_made_stays_in_its_place(tmp_path: Path) -> None:
    rows = ("run: python -m build", "run: pip install dist/*.whl", "run: make test")
    configuration = read_proposed(translated(tmp_path, steps(*rows)).encode())

    assert configuration.run.setup == "(python3 -m venv .venv/a && echo '*' > .venv/a/.gitignore)"
    build, install, test = configuration.checks
    assert install.run == "pip install dist/*.whl"
    assert install.path == (".venv/a/bin",)
    assert (install.needs, test.needs) == ((build.name,), (install.name,))


def test_the_variables_of_a_step_reach_what_it_installs(tmp_path: Path) -> None:
    row = "{run: 'pip install x', env: {PIP_PRE: '1 2'}}"
    configuration = read_proposed(translated(tmp_path, steps(row, "run: x")).encode())

    assert "&& (export PIP_PRE='1 2' && pip install x))" in configuration.run.setup


def test_jobs_of_one_name_have_environments_of_their_own(tmp_path: Path) -> None:
    write_files(tmp_path, {".github/workflows/b.yml": steps("run: pip install b", "run: b")})
    text = translated(tmp_path, steps("run: pip install a", "run: a"), path=".github/workflows")

    places = {check.run: check.path for check in read_proposed(text.encode()).checks}
    assert places == {"b": (".venv/a/bin",), "a": (".venv/a-2/bin",)}


def test_jobs_of_one_kind_of_service_have_each_their_own(tmp_path: Path) -> None:
    other = POSTGRES.replace("POSTGRES_PASSWORD: x", "POSTGRES_DB: other")
    write_files(tmp_path, {".github/workflows/a.yml": steps("run: a", job=other)})
    write_files(tmp_path, {".github/workflows/b.yml": steps("run: b", job=other)})
    text = translated(tmp_path, steps("run: c", job=POSTGRES), path=".github/workflows")
    configuration = read_proposed(text.encode())

    used = {check.run: check.services for check in configuration.checks}
    assert used == {"a": ("postgres",), "b": ("postgres",), "c": ("postgres-2",)}
    started = {row.name: "CREATE DATABASE other" in row.run for row in configuration.services}
    assert started == {"postgres": True, "postgres-2": False}


def test_what_is_written_for_the_runner_goes_nowhere(tmp_path: Path) -> None:
    only = 'run: echo "a=$(make a)" >> "$GITHUB_OUTPUT"'
    check = one(tmp_path, steps(only, "run: ./list >> $GITHUB_OUTPUT"))

    assert (check.run, check.env) == (
        "set -e\n./list >> $GITHUB_OUTPUT\n",
        {"GITHUB_OUTPUT": "/dev/null"},
    )


def test_a_preset_has_the_variables_of_its_step_but_no_token(tmp_path: Path) -> None:
    env = "{SKIP: x, GITHUB_TOKEN: '${{ secrets.GITHUB_TOKEN }}'}"
    head = "{uses: actions/checkout@v4, with: {ref: '${{ github.ref }}'}}"
    check = one(tmp_path, steps(head, f"{{uses: pre-commit/action@v3, env: {env}}}"))

    assert check.env == {"SKIP": "x"}


def test_uv_fills_the_environment_of_the_job(tmp_path: Path) -> None:
    rows = ("uses: astral-sh/setup-uv@v5", "run: uv venv && uv pip install x", "run: x")
    configuration = read_proposed(translated(tmp_path, steps(*rows)).encode())

    assert "&& python3 -m venv .venv/a &&" in configuration.run.setup
    assert 'export VIRTUAL_ENV="$PWD/.venv/a" &&' in configuration.run.setup
    assert configuration.run.setup.endswith("&& uv pip install x)")


@pytest.mark.parametrize(
    ("row", "table", "installed"),
    [
        ("{uses: astral-sh/ruff-action@v3, with: {args: format --check}}", "ruff-format", "ruff"),
        ("{uses: astral-sh/ruff-action@v3, with: {version: 0.9.1}}", "ruff", "ruff==0.9.1"),
        ("uses: psf/black@24.4.2", "black", "black==24.4.2"),
        ("uses: psf/black@stable", "black", "black"),
    ],
)
def test_an_action_is_the_preset_that_does_the_same(
    row: str, table: str, installed: str, tmp_path: Path
) -> None:
    configuration = read_proposed(translated(tmp_path, steps(row)).encode())

    assert configuration.tables["checks"] == {"a": {"uses": table, "path": [".venv/a/bin"]}}
    assert configuration.run.setup.endswith(f"pip install {installed})")


def test_where_less_or_something_else_is_looked_at_it_is_said(tmp_path: Path) -> None:
    head = "on: {push: {branches-ignore: [x]}, pull_request: {paths: [src/**]}}\n"
    rows = (
        "{uses: dtolnay/rust-toolchain@1.70}",
        "{uses: actions/setup-node@v4, with: {node-version: 18}}",
        "run: x",
    )
    text = translated(tmp_path, steps(*rows, head=head))

    assert "# job a: what this machine has in place of Rust 1.70\n" in text
    assert "# job a: what this machine has in place of Node.js 18\n" in text
    assert "without `push.branches-ignore` and `pull_request.paths` of its `on:`" in text


def test_beside_localcis_own_job_others_are_translated(tmp_path: Path) -> None:
    own = "    steps:\n      - uses: acme/localci@abc\n"
    check = one(tmp_path, steps("run: x", more=f"  own:\n{JOB}{own}"))

    assert check.run == "x"


@pytest.mark.parametrize(
    "text",
    [
        steps(f'run: "{"${{" * 60_000}"'),
        steps(f'run: "{{{"," * 200_000}"'),
        steps("run: |\n" + "\n" * 200_000 + "          x"),
        steps(f'{{run: x, if: "{" && ".join(["a"] * 40_000)}"}}'),
        CHANGES + "jobs:\n"
        + "".join(
            f" j{n}: {{runs-on: ubuntu-latest, needs: j{n + 1}, steps: [{{run: x}}]}}\n"
            for n in range(2_000)
        ),
    ],
)  # fmt: skip
def test_hostile_text_is_an_answer_within_seconds(text: str, tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(UsageError, match=r"nothing in .* could be translated"):
        translated(tmp_path, text)
    assert time.monotonic() - started < 20


def test_the_environment_of_workflow_job_and_step_add_up(tmp_path: Path) -> None:
    job = f"{JOB}    env: {{A: job, B: job}}\n"
    head = f"{CHANGES}env: {{A: workflow, C: workflow}}\n"
    check = one(tmp_path, steps("{run: x, env: {B: step}}", job=job, head=head))

    assert check.env == {"A": "job", "B": "step", "C": "workflow"}


def test_what_installs_is_setup_and_what_needs_root_a_comment(tmp_path: Path) -> None:
    script = '"sudo apt-get install -y libpq-dev\\npip install -e .[dev]\\nmake test\\n"'
    text = translated(tmp_path, steps(f"run: {script}"))
    configuration = read_proposed(text.encode())

    assert configuration.run.setup == (
        "(python3 -m venv .venv/a && echo '*' > .venv/a/.gitignore && "
        'PATH="$PWD/.venv/a/bin:$PATH" && pip install -e .[dev])'
    )
    assert configuration.run.keep == (".venv",)
    assert configuration.checks[0].run == "make test"
    assert configuration.checks[0].path == (".venv/a/bin",)
    assert "# job a has on its machine: sudo apt-get install -y libpq-dev" in text


def test_a_copy_of_the_project_is_of_one_commit_only(tmp_path: Path) -> None:
    write_files(tmp_path, {"pyproject.toml": ""})
    editable = translated(tmp_path, steps("run: pip install -e .", "run: x"))
    copied = translated(tmp_path, steps("run: pip install .[dev]", "run: x"))

    assert read_proposed(editable.encode()).run.setup_inputs == ("pyproject.toml",)
    # Without it, every file counts.
    assert read_proposed(copied.encode()).run.setup_inputs == ()


def test_node_is_installed_where_it_is(tmp_path: Path) -> None:
    rows = ("{run: npm ci, working-directory: web}", "{run: npm test, working-directory: web}")
    configuration = read_proposed(translated(tmp_path, steps(*rows)).encode())

    assert configuration.run.setup == "((cd web && npm ci))"
    assert configuration.run.keep == ("web/node_modules",)
    assert configuration.checks[0].run == "cd web && npm test"


MATRIX = """\
    runs-on: ${{ matrix.os }}
    strategy:
      fail-fast: false
      matrix:
        os: [ubuntu-latest, macos-latest]
        python: ["3.9", "3.11", "3.12"]
        db: [sqlite, "pg"]
        node: [18, 20]
"""
MATRIX_STEPS = (
    "{uses: actions/setup-python@v5, with: {python-version: '${{ matrix.python }}'}}",
    "{uses: actions/setup-node@v4, with: {node-version: '${{ matrix.node }}'}}",
    "run: pip install pytest",
    "run: pytest --db=${{ matrix.db }}",
)


def test_the_matrix_is_what_this_machine_can_tell_apart(tmp_path: Path) -> None:
    text = translated(tmp_path, steps(*MATRIX_STEPS, job=MATRIX))
    configuration = read_proposed(text.encode())
    (check,) = configuration.checks

    assert check.matrix == {"python": ("3.11", "3.12"), "db": ("sqlite", "pg")}
    assert check.run == "pytest --db={matrix.db} --junitxml={reports}/junit.xml"
    assert check.path == (".venv/a/{matrix.python}/bin",)
    assert check.report is not None
    assert "python3.12 -m venv .venv/a/3.12" in configuration.run.setup
    assert "# job a: Python 3.9 is not here" in text
    assert "# job a: of node there is what this machine has" in text


@pytest.mark.parametrize(
    ("condition", "when"),
    [
        ("github.ref == 'refs/heads/main'", When(branches=("main",))),
        (
            "${{ github.ref_name == 'main' && github.event_name == 'push' }}",
            When(branches=("main",)),
        ),
        (
            "github.ref == 'refs/heads/main' || github.ref == 'refs/heads/next'",
            When(branches=("main", "next")),
        ),
        ("startsWith(github.ref, 'refs/heads/release/')", When(branches=("release/**",))),
        ("startsWith(github.ref, 'refs/tags/v')", When(tags=("v**",))),
        ("github.repository == 'acme/app'", None),
        ("runner.os == 'Linux'", None),
        ("success()", None),
    ],
)
def test_a_condition_on_branches_is_when(condition: str, when: When | None, tmp_path: Path) -> None:
    job = f'    if: "{condition}"\n{JOB}'
    assert one(tmp_path / "job", steps("run: x", job=job)).when == when
    assert one(tmp_path / "step", steps(f'{{run: x, if: "{condition}"}}')).when == when


@pytest.mark.parametrize(
    ("head", "when"),
    [
        ("on: push\n", None),
        ("on: {push: {branches: [main, 'release/*']}}\n", When(branches=("main", "release/*"))),
        ("on: {push: {branches: ['**']}}\n", None),
        ("on: {push: {tags: ['v*']}}\n", When(tags=("v*",))),
        ("on: {push: {branches: [main]}, pull_request: }\n", None),
    ],
)
def test_what_a_workflow_runs_for_is_when(head: str, when: When | None, tmp_path: Path) -> None:
    # Beside one that runs for every commit, which a policy can require.
    write_files(tmp_path, {".github/workflows/other.yml": steps("run: y")})
    text = translated(tmp_path, steps("run: x", head=head), path=".github/workflows")
    check = read_proposed(text.encode()).check("a")
    assert check is not None
    assert (check.run, check.when) == ("x", when)


POSTGRES = f"""\
{JOB}    services:
      db:
        image: postgres:16
        env: {{POSTGRES_PASSWORD: x}}
        ports: ["5432:5432"]
    env: {{PGHOST: localhost, PGPORT: 5432, OTHER: "1"}}
"""


def test_services_become_servers_and_tell_where_they_are(tmp_path: Path) -> None:
    configuration = read_proposed(translated(tmp_path, steps("run: x", job=POSTGRES)).encode())
    (check,) = configuration.checks
    (service,) = configuration.services

    assert check.services == ("postgres",)
    assert check.env == {"OTHER": "1"}
    assert service.env == {"PGHOST": "127.0.0.1", "PGPORT": "{port}"}


def test_actions_that_are_a_preset_are_one(tmp_path: Path) -> None:
    configuration = read_proposed(
        translated(tmp_path, steps("uses: gitleaks/gitleaks-action@v2")).encode()
    )

    assert configuration.tables["checks"] == {"a": {"uses": "gitleaks"}}


def test_limits_labels_and_tolerance_are_kept(tmp_path: Path) -> None:
    job = (
        "    runs-on: [self-hosted, linux, gpu]\n    timeout-minutes: 90\n"
        "    continue-on-error: true\n"
    )
    check = one(tmp_path, steps("run: x", job=job))

    assert (check.runs_on, check.timeout, check.advisory) == (("gpu",), 5400, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (steps("run: x", job="    runs-on: windows-latest\n"), "3: job a runs on windows-latest"),
        (steps("run: x", job=f"{JOB}    container: node:20\n"), "runs in the container node:20"),
        (CHANGES + "jobs:\n  a:\n    uses: ./x.yml\n", "is the reusable workflow ./x.yml"),
        (steps("uses: acme/thing@v1"), 'step "acme/thing@v1" uses the action acme/thing@v1'),
        (steps("run: echo ${{ secrets.KEY }}"), "uses the secret KEY"),
        (steps("{run: x, env: {T: '${{ github.token }}'}}"), "uses the secret github.token"),
        (
            steps("run: x", job=f"{JOB}    env: {{T: '${{{{ secrets.T }}}}'}}\n"),
            "job a uses the secret T (variable T)",
        ),
        (steps("run: echo ${{ github.actor }}"), "`${{ github.actor }}` is not known here"),
        (steps("run: echo a >> $GITHUB_ENV"), "needs GITHUB_ENV, which only a runner has"),
        (steps("run: gh pr list"), "asks GitHub, by `gh`"),
        (steps("run: sudo ./tests"), "uses sudo"),
        (steps("run: mkdocs gh-deploy"), "publishes"),
        (steps("run: make && kubectl apply -f x"), "works on other machines"),
        (steps("run: x", job=f"{JOB}    environment: live\n"), "deploys to the environment live"),
        (steps("run: echo a\u00a0b"), "has the character U+00A0"),
        (steps("run: echo a\u202eb"), "has the character U+202E"),
        (steps("run: x", job=f"{JOB}    env: {{'A; x #': b}}\n"), "sets A; x #"),
        (steps("{run: x, continue-on-error: '${{ matrix.a }}'}"), "that is computed"),
        (steps("{run: x, working-directory: 'a/../../b'}"), "works in ../b"),
        (steps("{run: npm ci, working-directory: 'a*'}"), "works in a*"),
        (steps("run: pip install --user x"), "than into an environment (--user)"),
        (
            steps("{uses: astral-sh/ruff-action@v3, with: {args: check --fix}}"),
            "gives astral-sh/ruff-action@v3 the input `args`",
        ),
        (
            steps("run: echo $${{ matrix.a }}", job=f"{JOB}    strategy: {{matrix: {{a: [b]}}}}\n"),
            "has an expression behind a `$`",
        ),
        (
            steps(
                "run: pip install ${{ matrix.a }}",
                job=f"{JOB}    strategy: {{matrix: {{a: [b]}}}}\n",
            ),
            "installs by {matrix.a}, and all cells share",
        ),
        (
            steps(
                "run: ${{ matrix.a }} ${{ matrix.b }}",
                job=f"{JOB}    strategy: {{matrix: {{a: {NINE}, b: {NINE}}}}}\n",
            ),
            "has a matrix of 81 cells; 64 are the most",
        ),
        (
            steps("run: x", job=POSTGRES.replace('"5432:', '"5433:')),
            "has the service db at another port than its own",
        ),
        (steps("run: make && git push"), "pushes"),
        (steps("{run: x, shell: pwsh}"), "is written for the shell pwsh"),
        (steps("{run: x, if: \"matrix.a == 'b'\"}"), "which is not known here"),
        (steps("{run: x, if: \"github.event_name == 'push'\"}"), "knows no events"),
        (steps("{run: x, if: failure()}"), "runs only after a failure"),
        (steps("run: git archive {tree}"), "has braces that localci itself fills in"),
        (steps("{run: x, working-directory: /srv}"), "works in /srv"),
        (steps("{uses: actions/checkout@v4, with: {ref: x}}", "run: x"), "checks out something"),
        (
            steps("run: x", job=f"{JOB}    services:\n      s:\n        image: mysql:8\n"),
            "needs the service s (mysql:8)",
        ),
        (
            steps("run: x", job=f"{JOB}    strategy: {{matrix: {{include: [{{a: b}}]}}}}\n"),
            "has a matrix with include",
        ),
        (
            steps("run: x", job=f"{JOB}    strategy: {{matrix: '${{{{ fromJSON(1) }}}}'}}\n"),
            "has a matrix that is computed",
        ),
        (
            steps("run: x ${{ matrix.a }}", job=f"{JOB}    strategy: {{matrix: {{a: ['b c']}}}}\n"),
            "has the axis a, which has a value that is not like",
        ),
        (
            steps(MATRIX_STEPS[0], "run: x", job=MATRIX.replace('"3.11", "3.12"', '"3.8"')),
            "needs Python 3.9, 3.8, none of which is here",
        ),
        (steps("run: x", job=f"    needs: nobody\n{JOB}"), "needs the job nobody, which is not"),
    ],
)
def test_what_means_nothing_here_is_said_with_its_place(
    text: str, said: str, tmp_path: Path
) -> None:
    (line, *_) = why(tmp_path, text).splitlines()

    assert line.startswith(f"#   {PATH}:")
    assert said in line


def test_nothing_is_half_translated(tmp_path: Path) -> None:
    rows = ("run: make one", "{name: Two, run: 'two ${{ secrets.X }}'}", "run: make three")
    more = "  b:\n    needs: a\n    runs-on: ubuntu-latest\n    steps:\n      - run: make b\n"
    text = translated(tmp_path, steps(*rows, more=more))

    assert names(read_proposed(text.encode())) == ("a",)
    assert text.endswith(
        "# Not translated:\n"
        f'#   {PATH}:7: job a, step "Two" uses the secret X\n'
        f'#   {PATH}:8: job a, step "make three" follows “Two”, which is not translated\n'
        f"#   {PATH}:9: job b needs the job a, which is not translated whole\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (steps("run: x", head="on: {pull_request: {types: [closed]}}\n"), "pull_request only"),
        ("on: release\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: x}]}}\n", "release only"),
        ("jobs: [\n", rf"{PATH}:2: not YAML"),
        (steps("uses: acme/x@v1"), "nothing in .* could be translated; the first: "),
    ],
)
def test_where_nothing_can_be_translated_it_is_one_line(
    text: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        translated(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_a_directory_is_all_its_workflows_but_localcis_own(tmp_path: Path) -> None:
    own = steps("{uses: acme/localci@abc, with: {command: verify}}", "run: x")
    write_files(tmp_path, {".github/workflows/own.yaml": own})
    write_files(tmp_path, {".github/workflows/b.yaml": steps("run: second")})
    text = translated(tmp_path, steps("run: first"), path=".github/workflows")
    configuration = read_proposed(text.encode())

    assert {check.name: check.run for check in configuration.checks} == {
        "a": "second",
        "a-2": "first",
    }
    assert "Not translated" not in text


def test_a_path_without_workflows_is_told(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(UsageError, match="x has no workflow"):
        translate_configuration(WorkingTree(tmp_path), "x", lambda _: HERE)
