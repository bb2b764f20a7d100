from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.prover.reuse.tools import CheckTools, ToolFinder

if TYPE_CHECKING:
    from collections.abc import Callable


def tools(path: Path, *lines: str, home: Path | None = None) -> CheckTools:
    return ToolFinder(f"{path / 'bin'}:/usr/bin:/bin", str(home or path)).of_commands(lines)


def make_program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def make_environment(prefix: Path, *packages: str, settings: str = "home = /usr/bin\n") -> Path:
    """Make what a virtual environment looks like, with these distributions and a `lint` program."""
    place = prefix / "lib" / "python3.11" / "site-packages"
    for package in packages:
        (place / f"{package}.dist-info").mkdir(parents=True, exist_ok=True)
    (prefix / "pyvenv.cfg").write_text(settings)
    make_program(prefix / "bin" / "lint")
    return prefix


def test_a_program_is_known_by_what_it_is(tmp_path: Path) -> None:
    program = make_program(tmp_path / "bin" / "lint")
    before = tools(tmp_path, "lint .")
    assert tools(tmp_path, "lint other things").identities == before.identities
    assert str(program) in before.identities["lint"]
    make_program(program, "#!/bin/sh\n: newer\n")
    assert tools(tmp_path, "lint .").identities != before.identities


def test_a_change_of_its_time_is_enough(tmp_path: Path) -> None:
    program = make_program(tmp_path / "bin" / "lint")
    before = tools(tmp_path, "lint .")
    os.utime(program, ns=(1, 1))
    assert tools(tmp_path, "lint .").identities != before.identities


def test_what_is_not_on_path_is_not_known(tmp_path: Path) -> None:
    make_program(tmp_path / "tools" / "lint")
    make_program(tmp_path / "bin" / "other").chmod(0o644)
    assert not tools(tmp_path, "tools/lint; no-such-program; other; ''").identities


def make_rustup(home: Path) -> Path:
    make_program(home / "toolchains" / "stable" / "bin" / "rustc", "1")
    (home / "update-hashes").mkdir()
    (home / "update-hashes" / "stable").write_text("821ff14e")
    (home / "settings.toml").write_text('default_toolchain = "stable"')
    return home


@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
@pytest.mark.parametrize(
    "changed",
    [
        {"settings.toml": 'default_toolchain = "nightly"'},
        {"update-hashes/stable": "4fd6c08b"},
        {"update-hashes/nightly": "4fd6c08b"},
        {"toolchains/stable/bin/rustc": "2.0"},
    ],
)
def test_a_stand_in_of_rustup_is_known_by_the_toolchains(
    tmp_path: Path, changed: dict[str, str], link: Callable[[Path, Path], None]
) -> None:
    link(tmp_path / "bin" / "cargo", make_program(tmp_path / "bin" / "rustup"))
    make_program(tmp_path / "bin" / "cargo-other")
    home = make_rustup(tmp_path / ".rustup")
    before = tools(tmp_path, "cargo test; cargo-other")
    assert tools(tmp_path, "cargo test; cargo-other").identities == before.identities
    for name, text in changed.items():
        (home / name).write_text(text)
    after = tools(tmp_path, "cargo test; cargo-other")
    assert after.identities["cargo"] != before.identities["cargo"]
    assert after.identities["cargo-other"] == before.identities["cargo-other"]


def test_rustup_may_have_its_home_elsewhere_or_none(tmp_path: Path) -> None:
    make_program(tmp_path / "bin" / "rustup")
    path = str(tmp_path / "bin")
    none = ToolFinder(path, str(tmp_path)).of_commands(["rustup"])
    elsewhere = make_rustup(tmp_path / "elsewhere")
    found = ToolFinder(path, str(tmp_path), str(elsewhere)).of_commands(["rustup"])
    assert found.identities != none.identities


def test_nothing_is_executed(tmp_path: Path) -> None:
    make_program(tmp_path / "bin" / "lint", f"#!/bin/sh\ntouch {tmp_path}/executed\n")
    tools(tmp_path, "lint --version", "sh -c lint", "uv run lint")
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("newer", ["plugin-1.1", "extra-0.1"])
def test_an_upgraded_or_added_plugin_counts(tmp_path: Path, newer: str) -> None:
    make_environment(tmp_path, "lint-2.0", "plugin-1.0")
    before = tools(tmp_path, "lint .")
    assert before.versions == {"lint": "2.0"}
    assert f"plugin in {tmp_path}" in before.packages
    (tmp_path / "lib/python3.11/site-packages" / f"{newer}.dist-info").mkdir()
    assert tools(tmp_path, "lint .").identities != before.identities


def test_a_program_that_is_linked_elsewhere_lives_there(tmp_path: Path) -> None:
    real = make_environment(tmp_path / "tools" / "lint", "lint-2.0")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "lint").symlink_to(real / "bin" / "lint")
    assert tools(tmp_path, "lint .").versions == {"lint": "2.0"}


@pytest.mark.parametrize(
    "start",
    ["#!{python}\n", "#!/usr/bin/env {name}\n", '#!/bin/sh\n\'\'\'exec\' "{python}" "$0" "$@"\n'],
    ids=["plain", "env", "long path"],
)
def test_a_script_lives_where_its_interpreter_does(tmp_path: Path, start: str) -> None:
    prefix = make_environment(tmp_path / "venv", "lint-2.0")
    python = make_program(prefix / "bin" / "python3.11")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "py-here").symlink_to(python)
    make_program(tmp_path / "bin" / "lint", start.format(python=python, name="py-here"))
    found = tools(tmp_path, "lint .")
    assert found.versions == {"lint": "2.0"}
    make_program(python, "#!/bin/sh\n: newer\n")
    assert tools(tmp_path, "lint .").identities != found.identities


def test_a_module_has_the_version_of_its_distribution(tmp_path: Path) -> None:
    make_environment(tmp_path, "My_Lint-3.1")
    make_program(tmp_path / "bin" / "python")
    assert tools(tmp_path, "python -m my_lint .").versions == {"my_lint": "3.1"}


def test_shared_packages_count_where_they_are_seen(tmp_path: Path) -> None:
    home = tmp_path / "home"
    packages = home / ".local" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    prefix = make_environment(tmp_path, settings="include-system-site-packages = true\n")
    (prefix / "bin" / "python").symlink_to(make_program(tmp_path / "base" / "bin" / "python3.11"))
    before = tools(tmp_path, "lint .", home=home)
    (packages / "plugin-1.0.dist-info").mkdir()
    after = tools(tmp_path, "lint .", home=home)
    assert before.identities != after.identities
    assert f"plugin in {home / '.local'}" in after.packages


def test_a_conda_environment_is_one(tmp_path: Path) -> None:
    make_program(tmp_path / "bin" / "lint")
    (tmp_path / "conda-meta").mkdir()
    (tmp_path / "conda-meta" / "lint-2.0-py311_0.json").write_text("{}")
    assert tools(tmp_path, "lint .").versions == {"lint": "2.0"}


def test_a_script_that_names_itself_ends(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "lint"
    make_program(program, f"#!{program}\n")
    (tmp_path / "bin" / "loop").symlink_to(tmp_path / "bin" / "loop")
    assert set(tools(tmp_path, "lint; loop").identities) == {"lint"}


def test_a_real_environment_is_read(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "v"], check=True)
    found = ToolFinder(str(tmp_path / "v" / "bin"), "").of_commands(["python -m this"])
    assert f"packages of {tmp_path / 'v'}" in found.identities
    own = ToolFinder(str(Path(sys.executable).parent), "").of_commands(["pytest", "python -m ruff"])
    assert set(own.versions) >= {"pytest", "ruff"}
