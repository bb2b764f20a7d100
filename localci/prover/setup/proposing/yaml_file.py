"""Read a YAML file of the project, bounded: of hostile text it makes an error, never a flood.

Scalars stay text, as GitHub's and YAML 1.2's core schema read them: `on` and `yes` are words, and
`3.10` is the number 3.1. Aliases and merge keys (`<<`) are followed, up to a number of values in
all, so that a few lines which stand for billions are refused. Nothing is constructed but text,
lists and tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from localci.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import yaml

MAX_BYTES: Final = 256 * 1024
MAX_VALUES: Final = 50_000
MAX_DEPTH: Final = 40

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_DECIMAL: Final = re.compile(r"[-+]?[0-9]{1,9}\.[0-9]{1,9}")
_MERGE: Final = "<<"


@dataclass(frozen=True)
class YamlNode:
    """A value and where it stands. What is absent reads as a null at its parent's line."""

    path: str
    line: int
    value: YamlValue = None

    def get(self, *keys: str) -> YamlNode:
        """Return the value below these keys, a null where there is none."""
        node = self
        for key in keys:
            inner = node.value.get(key) if isinstance(node.value, dict) else None
            node = inner or YamlNode(self.path, node.line)
        return node

    @property
    def text(self) -> str:
        """The text of a scalar, "" for anything else."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def table(self) -> Mapping[str, YamlNode]:
        """The rows of a table, none for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def rows(self) -> tuple[YamlNode, ...]:
        """The rows of a list; one scalar is a list of its own."""
        if isinstance(self.value, tuple):
            return self.value
        return (self,) if isinstance(self.value, str) else ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts among the rows."""
        return tuple(row.value for row in self.rows if isinstance(row.value, str))


YamlValue: TypeAlias = "str | tuple[YamlNode, ...] | dict[str, YamlNode] | None"


def read_yaml(data: bytes, path: str) -> YamlNode:
    """Return the file's one document. Raises UsageError with path and line."""
    # 12 ms, and most repositories have none.
    import yaml  # noqa: PLC0415

    if len(data) > MAX_BYTES:
        raise UsageError(f"{path} is larger than {MAX_BYTES // 1024} KiB")
    try:
        root = yaml.compose(data.decode("utf-8-sig"), Loader=yaml.SafeLoader)
        return YamlNode(path, 1) if root is None else _Reader(path).read(root, 0)
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8") from None
    except RecursionError:
        raise UsageError(f"{path}: not YAML that can be read: too deep") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        problem = error.problem or error.context or "malformed"
        raise UsageError(f"{path}{line}: not YAML: {problem}") from None
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: not YAML: {str(error).splitlines()[0]}") from None


@dataclass
class _Reader:
    """Turns composed nodes into values, and counts them: an alias counts each time."""

    path: str
    values: int = field(default=0)

    def read(self, node: yaml.Node, depth: int) -> YamlNode:
        import yaml  # noqa: PLC0415

        line = node.start_mark.line + 1
        self.values += 1
        if self.values > MAX_VALUES or depth > MAX_DEPTH:
            raise UsageError(f"{self.path}:{line}: not YAML that can be read: too much in it")
        value: YamlValue = None
        if isinstance(node, yaml.ScalarNode):
            value = _scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = tuple(self.read(row, depth + 1) for row in node.value)
        elif isinstance(node, yaml.MappingNode):
            value = self._table(node, depth)
        return YamlNode(self.path, line, value)

    def _table(self, node: yaml.MappingNode, depth: int) -> dict[str, YamlNode]:
        table: dict[str, YamlNode] = {}
        merged: list[YamlNode] = []
        for key_node, value_node in node.value:
            key = key_node.value
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise UsageError(f"{self.path}:{line}: not YAML that can be read: a key is a list")
            if key in table:
                raise UsageError(f"{self.path}:{line}: not YAML: `{key}` stands there twice")
            # Of a table below it, whoever looks for it looks for its name.
            value = replace(self.read(value_node, depth + 1), line=line)
            if key == _MERGE:
                merged += [value] if value.table else value.rows
            else:
                table[key] = value
        for more in merged:
            table = {**more.table, **table}
        return table


def _scalar(node: yaml.ScalarNode) -> str | None:
    text: str = node.value
    is_plain = node.style is None
    if is_plain and text in _NULLS:
        return None
    return f"{float(text):.15g}" if is_plain and _DECIMAL.fullmatch(text) else text


def scalars(node: YamlNode) -> Iterator[tuple[str, str]]:
    """Yield the rows of a table whose values are texts."""
    for key, value in node.table.items():
        if isinstance(value.value, str):
            yield key, value.value
