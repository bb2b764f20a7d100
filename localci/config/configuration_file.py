"""Find the configuration among a tree's files, and give its tables as they are written.

The verifier computes definitions from these tables too, so nothing here needs a heavy import.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from localci.config.section import Section
from localci.config.toml_file import read_toml
from localci.errors import NoConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from localci.config.toml_file import KeyPath, TomlFile, TomlTable, TomlValue
    from localci.formats.strict_json import JsonObject

CONFIGURATION_FILE: Final = "localci.toml"
PYPROJECT_FILE: Final = "pyproject.toml"


class ConfigurationFile(NamedTuple):
    """The root table of a configuration, and the path in the tree of the file that holds it."""

    name: str
    root: Section

    @property
    def tables(self) -> JsonObject:
        """The tables as written; they hold only what JSON has too."""
        return cast("JsonObject", self.root.values)


def find_configuration(read_file: Callable[[str], bytes | None]) -> ConfigurationFile:
    """Return `localci.toml`, or `[tool.localci]` of `pyproject.toml`.

    `read_file` returns the bytes of a file of the tree, or None where there is none. Raises
    NoConfigurationError where there is no configuration, UsageError where there are two, and
    where one is no TOML or holds a date, an infinity or a NaN: no definition could be computed.
    """
    own = _read_own(read_file(CONFIGURATION_FILE))
    shared = _read_pyproject(read_file(PYPROJECT_FILE))
    if own is not None and shared is not None:
        raise shared.file.error(
            shared.path, f"[tool.localci] beside {CONFIGURATION_FILE}; keep one of the two"
        )
    root = own or shared
    if root is None:
        raise NoConfigurationError(
            f"no {CONFIGURATION_FILE} in this commit", then="run `localci init`"
        )
    _refuse_beyond_json(root.file, root.path, root.values)
    return ConfigurationFile(root.file.name, root)


def _read_own(data: bytes | None) -> Section | None:
    if data is None:
        return None
    file = read_toml(data, CONFIGURATION_FILE)
    return Section(file, (), file.tables)


def _read_pyproject(data: bytes | None) -> Section | None:
    # Somebody else's file: where it does not even mention localci it may be broken or a template.
    if data is None or b"localci" not in data:
        return None
    file = read_toml(data, PYPROJECT_FILE)
    tool = file.tables.get("tool")
    if not isinstance(tool, dict) or "localci" not in tool:
        return None
    return Section(file, ("tool",), tool).table("localci")


def _refuse_beyond_json(file: TomlFile, path: KeyPath, value: TomlValue | TomlTable) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_beyond_json(file, (*path, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_beyond_json(file, (*path, index), item)
    elif isinstance(value, float) and not math.isfinite(value):
        raise file.error(path, "infinity and NaN have no place in a configuration")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise file.error(path, "a whole number beyond 64 bits (TOML 1.0, Integer)")
    elif not isinstance(value, (str, int, float)):
        raise file.error(path, f'a date or time has no place here; write it in quotes: "{value}"')
