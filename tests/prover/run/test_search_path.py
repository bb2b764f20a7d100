"""`path`: what setup makes in the workspace comes first on PATH, and its versions are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.config.read_configuration import read_configuration
from support.preset_runs import run_check
from support.repositories import make_repository
from support.runs import planned, request, run_request

if TYPE_CHECKING:
    from pathlib import Path

TOOL = """\
mkdir -p env/{name}/bin env/{name}/lib/python3/site-packages/tool-{name}.dist-info
echo 'home = /usr/bin' > env/{name}/pyvenv.cfg
printf '#!/bin/sh\necho tool {name}\n' > env/{name}/bin/tool
chmod +x env/{name}/bin/tool
"""
SETUP = TOOL.format(name="1") + TOOL.format(name="2")
CONFIGURATION = f"""\
version = 1
[run]
setup = '''{SETUP}'''
keep = ["env"]
path = ["env/1/bin"]
[checks.one]
run = "tool"
[checks.two]
run = "mkdir -p sub; cd sub; tool"
path = ["env/{{matrix.version}}/bin"]
matrix.version = ["2"]
[checks.own]
run = "tool"
env.PATH = "/usr/bin:/bin"
"""


def test_it_is_found_from_everywhere_and_the_checks_own_comes_first(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "with space", {".gitignore": "env\n"})
    configuration = read_configuration({"localci.toml": CONFIGURATION.encode()}.get)

    outcome = run_request(
        request(repository, *map(planned, configuration.checks), settings=configuration.run)
    )

    logs = {check.name: check.log for check in outcome.checks}
    said = {name: log.read_text().strip() for name, log in logs.items() if log and name != "two"}
    assert said["one"] == "tool 1"
    assert "not found" in said["own"]
    assert outcome.results["two"].passed
    assert (outcome.logs / "two@version=2.log").read_text() == "tool 2\n"
    assert outcome.environment["tools"] == {"tool": "2"}


def test_a_services_command_finds_it_too(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {".gitignore": "env\n"})
    served = "tool > {data}/said; exec sleep 60"
    run = run_check(
        repository,
        f"""\
run = 'cat "$DATA/said"'
services = ["it"]
[services.it]
run = '{served}'
ready = 'test -s {{data}}/said'
env = {{ DATA = "{{data}}" }}""",
        run=f"setup = '''{SETUP}'''\nkeep = ['env']\npath = ['env/1/bin']",
    )
    assert run.log == "tool 1\n"
