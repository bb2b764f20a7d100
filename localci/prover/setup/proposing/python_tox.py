"""What tox installs and runs for a Python project, in whichever of its forms that is written.

These are tox.ini, the same text as `legacy_tox_ini` in pyproject.toml, and tables of `[tool.tox]`
(https://tox.wiki/en/latest/config.html).
"""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.config.toml_file import TomlTable, TomlValue
    from localci.prover.setup.proposing.project_files import ProjectFiles

_REFERENCE: Final = re.compile(r"\{\[([^\]{}]+)\]([a-z_]+)\}")
# `py311,lint: command` is for these environments only.
_FACTORS: Final = re.compile(r"[A-Za-z0-9_.,!{}-]+:\s+")


@dataclass(frozen=True)
class Tox:
    """The lines of `deps` of the environment that runs the tests, and the commands of all."""

    deps: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def read_tox(files: ProjectFiles) -> Tox:
    """Return what tox does here, as far as it can be read; nothing without tox."""
    tools = files.toml("pyproject.toml").get("tool")
    table = _table(_table(tools).get("tox"))
    legacy = table.get("legacy_tox_ini")
    ini = files.ini("tox.ini")
    if not ini.sections() and isinstance(legacy, str):
        ini = _parsed(legacy)
    if ini.sections():
        return Tox(tuple(_lines(ini, "testenv", "deps")), tuple(_ini_commands(ini)))
    base = _table(table.get("env_run_base"))
    inner = [_table(each) for each in _table(table.get("env")).values()]
    return Tox(
        tuple(_texts(base.get("deps"))),
        tuple(command for each in (base, *inner) for command in _toml_commands(each)),
    )


def _parsed(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return configparser.RawConfigParser()
    return parser


def _ini_commands(ini: configparser.RawConfigParser) -> Iterator[str]:
    for section in ini.sections():
        if section.startswith("testenv"):
            for line in _lines(ini, section, "commands"):
                yield _FACTORS.sub("", line, count=1) if _FACTORS.match(line) else line


def _lines(ini: configparser.RawConfigParser, section: str, key: str) -> Iterator[str]:
    """Yield the lines of a key, with those that a line like `{[core]deps}` stands for."""
    for line in _plain_lines(ini, section, key):
        reference = _REFERENCE.fullmatch(line)
        if reference:
            yield from _plain_lines(ini, reference[1], reference[2])
        else:
            yield line


def _plain_lines(ini: configparser.RawConfigParser, section: str, key: str) -> list[str]:
    text = (ini.get(section, key, fallback="") or "").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _toml_commands(environment: TomlTable) -> Iterator[str]:
    rows = environment.get("commands")
    for row in rows if isinstance(rows, list) else ():
        yield " ".join(_texts(row))


def _table(value: TomlValue | None) -> TomlTable:
    return value if isinstance(value, dict) else {}


def _texts(value: TomlValue | None) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
