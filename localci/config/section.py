"""One table of a TOML file, read key by key; every complaint names file, line, key and table."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from localci.config.durations import parse_duration
from localci.config.toml_file import nearest_name, table_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from localci.config.toml_file import KeyPath, TomlFile, TomlTable, TomlValue
    from localci.errors import UsageError


class Section(NamedTuple):
    """The table at `path` of a file. Reading a key of the wrong type raises the file's error.

    `values` may hold more than is written there: what a preset adds.
    """

    file: TomlFile
    path: KeyPath
    values: TomlTable

    def error(self, key: str, problem: str) -> UsageError:
        """Return the error "`key` in [table] problem"."""
        table = table_name(self.path)
        where = f" in {table}" if table else ""
        return self.file.error((*self.path, key), f"`{key}`{where} {problem}")

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Raise the error for the first key that is none of the `known`."""
        for key in self.values:
            if key not in known:
                raise self.file.unknown_key((*self.path, key), known)

    def text(self, key: str, *, fault: Callable[[str], str] | None = None) -> str:
        """Return the text at `key`, or "" where there is none.

        `fault` says what is wrong with a text that is written, or "".
        """
        if key not in self.values:
            return ""
        return self._checked_text(key, self.values[key], fault)

    def texts(
        self, key: str, default: tuple[str, ...] = (), *, fault: Callable[[str], str] | None = None
    ) -> tuple[str, ...]:
        """Return the list of texts at `key`."""
        if key not in self.values:
            return default
        value = self.values[key]
        if not isinstance(value, list):
            raise self.error(key, 'is not a list like ["a", "b"]')
        return tuple(self._checked_text(key, item, fault) for item in value)

    def choice(self, key: str, choices: Collection[str], default: str) -> str:
        """Return the text at `key`, which is one of `choices`."""
        if key not in self.values:
            return default
        value = self.values[key]
        if not isinstance(value, str) or value not in choices:
            given = f"`{value}`" if isinstance(value, str) else "no text"
            raise self.error(key, f"is {given}; {nearest_name(str(value), choices)}")
        return value

    def boolean(self, key: str, *, default: bool = False) -> bool:
        """Return true or false at `key`."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, "is not true or false")
        return value

    def whole_number(
        self, key: str, default: int | None = None, *, least: int = 0, most: int | None = None
    ) -> int | None:
        """Return the whole number at `key`, at least `least` and at most `most`."""
        if key not in self.values:
            return default
        value = self.values[key]
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self.error(key, f"is not a whole number of at least {least}")
        if most is not None and value > most:
            raise self.error(key, f"is more than {most}")
        return value

    def whole_numbers(self, key: str, *, least: int, most: int) -> tuple[int, ...]:
        """Return the list of whole numbers at `key`, each from `least` to `most`."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise self.error(key, f"is not a list like [{least}]")
        numbers = tuple(n for n in value if isinstance(n, int) and not isinstance(n, bool))
        if len(numbers) != len(value) or not all(least <= number <= most for number in numbers):
            raise self.error(key, f"holds something else than whole numbers from {least} to {most}")
        return numbers

    def percentage(self, key: str, default: float | None = None) -> float | None:
        """Return the number from 0 to 100 at `key`."""
        if key not in self.values:
            return default
        value = self.values[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 100:  # noqa: PLR2004
            raise self.error(key, "is not a number from 0 to 100")
        return float(value)

    def seconds(
        self, key: str, default: int | None = None, *, most: int, least: int = 1
    ) -> int | None:
        """Return the span at `key`, `"10m"` or whole seconds, in seconds, `least` to `most`."""
        if key not in self.values:
            return default
        value = self.values[key]
        span = parse_duration(value) if isinstance(value, (str, int)) else None
        if span is None:
            raise self.error(key, 'is not a time like "10m", "1h30m" or 90 (seconds)')
        if span < least:
            raise self.error(key, "has to be longer than nothing")
        if span > most:
            raise self.error(key, f"is longer than {most // 86_400} days")
        return span

    def environment(self, key: str, fault: Callable[[str], str]) -> Mapping[str, str] | None:
        """Return the table of texts at `key`; `fault` says what is wrong with a name."""
        if key not in self.values:
            return None
        inner = self.table(key)
        for name in inner.values:
            if problem := fault(name):
                raise inner.error(name, problem)
        return MappingProxyType({name: inner.text(name, fault=_nul_fault) for name in inner.values})

    def table(self, key: str) -> Section:
        """Return the table at `key`, an empty one where there is none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, "is not a table")
        return Section(self.file, (*self.path, key), value)

    def tables(self, key: str) -> tuple[Section, ...]:
        """Return the elements of the array of tables at `key`."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise self.error(key, f"is not an array of tables; write [[{key}]]")
        return tuple(self._element(key, index, item) for index, item in enumerate(value))

    def _element(self, key: str, index: int, value: TomlValue) -> Section:
        if not isinstance(value, dict):
            raise self.error(key, f"is not an array of tables; write [[{key}]]")
        return Section(self.file, (*self.path, key, index), value)

    def _checked_text(self, key: str, value: TomlValue, fault: Callable[[str], str] | None) -> str:
        if not isinstance(value, str):
            raise self.error(key, "is not a text in quotes")
        if fault is not None and (problem := fault(value)):
            raise self.error(key, problem)
        return value


def _nul_fault(text: str) -> str:
    return "holds a NUL byte" if "\0" in text else ""
