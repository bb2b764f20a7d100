"""What the scripts of a package.json have its tools do: eslint's files, and more than one runner.

https://docs.npmjs.com/cli/v10/using-npm/scripts
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from localci.prover.setup.proposing.project_files import ProjectFiles

_END: Final = re.compile(r"&&|\|\||[;&|\n]")
# No word that a shell would change, but for patterns, which eslint reads itself.
_PLAIN: Final = re.compile(r"[A-Za-z0-9@_./*{},=:+-]+")
_PATTERN: Final = re.compile(r"[*{]")
_OTHER_SCRIPT: Final = re.compile(r"(?:npm|pnpm|yarn|bun) (?:run(?:-script)? )?([A-Za-z0-9_:.-]+)")
_DEEPEST: Final = 4
_WITHOUT_FILES: Final = "."
# What the preset sets itself, or what changes files or only the looks.
_DROPPED: Final = frozenset({"--fix", "--cache", "--color", "--no-color", "--debug"})
_DROPPED_WITH_VALUE: Final = frozenset({"-f", "--format", "--cache-location", "--cache-strategy"})
_KEPT: Final = frozenset(
    {"--quiet", "--report-unused-disable-directives", "--no-error-on-unmatched-pattern"}
)
_KEPT_WITH_VALUE: Final = frozenset({"-c", "--config", "--ext", "--ignore-path"})
_NO_WARNINGS: Final = ("--max-warnings", "0")


def eslint_arguments(files: ProjectFiles, scripts: Mapping[str, str]) -> tuple[str, bool]:
    """Return what the scripts hand to eslint, "" for what it does by itself: all there is.

    The second tells whether its warnings count, too. Files that are not there, as in a source
    distribution, are left out: eslint would give up for one.
    """
    read = [_read(words) for words in _commands("eslint", scripts)]
    found = [row for row in read if row is not None]
    if not found or len(found) < len(read):
        return "", False
    options = found[0][0]
    same = [row for row in found if row[0] == options]
    targets = [word for row in same for word in row[1] if _is_there(files, word)]
    strict = any(row[2] for row in same)
    if _WITHOUT_FILES in targets or "./" in targets or not targets:
        targets = [_WITHOUT_FILES] if options else []
    return " ".join(dict.fromkeys([*options, *targets])), strict


def other_scripts(
    scripts: Mapping[str, str], runner: str, covered: AbstractSet[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the scripts that the script `test` runs before its runner, and those after it.

    Those that do nothing but what `covered` tools do are left out.
    """
    parts = [part.strip() for part in scripts.get("test", "").split("&&")]
    begins = [number for number, part in enumerate(parts) if part.split()[:1] == [runner]]
    if not begins:
        return (), ()
    before, after = parts[: begins[0]], parts[begins[-1] + 1 :]
    return _named(before, scripts, covered), _named(after, scripts, covered)


def other_commands(
    scripts: Mapping[str, str], runner: str, covered: AbstractSet[str]
) -> tuple[str, ...]:
    """Return what else the script `test` runs beside its runner, that is no script."""
    parts = [part.strip() for part in scripts.get("test", "").split("&&")]
    known = {runner, *covered}
    return tuple(
        part
        for part in parts
        if part and part.split()[0] not in known and _OTHER_SCRIPT.fullmatch(part) is None
    )


def _named(
    parts: Collection[str], scripts: Mapping[str, str], covered: AbstractSet[str]
) -> tuple[str, ...]:
    matches = [_OTHER_SCRIPT.fullmatch(part) for part in parts]
    names = [match[1] for match in matches if match is not None and match[1] in scripts]
    return tuple(dict.fromkeys(name for name in names if not _programs(name, scripts) <= covered))


def _programs(name: str, scripts: Mapping[str, str], depth: int = 0) -> set[str]:
    """Return the first words of a script's commands, through the scripts that it runs."""
    found: set[str] = set()
    for part in _END.split(scripts[name]):
        inner = _OTHER_SCRIPT.fullmatch(part.strip())
        if inner and inner[1] in scripts and depth < _DEEPEST:
            found |= _programs(inner[1], scripts, depth + 1)
        else:
            found.update(part.split()[:1])
    return found


def _commands(program: str, scripts: Mapping[str, str]) -> Iterator[list[str]]:
    """Yield the words after a program, of each command that begins with it."""
    for script in scripts.values():
        for part in _END.split(script):
            try:
                words = shlex.split(part)
            except ValueError:
                continue
            if words[:1] == [program]:
                yield words[1:]


def _read(words: list[str]) -> tuple[list[str], list[str], bool] | None:
    """Return options, files, and whether warnings count; None where something is not known."""
    options: list[str] = []
    targets: list[str] = []
    strict = False
    rest = [part for word in words for part in _halves(word)]
    while rest:
        word = rest.pop(0)
        if _PLAIN.fullmatch(word) is None:
            return None
        if word in _KEPT:
            options.append(word)
        elif word in _KEPT_WITH_VALUE and rest:
            options += [word, rest.pop(0)]
        elif word == _NO_WARNINGS[0] and rest:
            strict = rest.pop(0) == _NO_WARNINGS[1]
        elif word in _DROPPED_WITH_VALUE and rest:
            rest.pop(0)
        elif not word.startswith("-"):
            targets.append(word)
        elif word not in _DROPPED:
            return None
    return options, targets, strict


def _halves(word: str) -> list[str]:
    """Return an option and its value, which may stand together."""
    return word.split("=", 1) if word.startswith("--") else [word]


def _is_there(files: ProjectFiles, word: str) -> bool:
    plain = word.removeprefix("./").rstrip("/")
    pattern = _PATTERN.search(plain)
    if pattern is None:
        return plain in {"", "."} or files.has(plain) or files.has_directory(plain)
    if "{" in plain or plain.startswith(("/", "..")):
        # Such a pattern is eslint's own; its directory has to be there.
        directory = plain[: pattern.start()].rpartition("/")[0]
        return not directory or files.has_directory(directory)
    return bool(files.matching(plain))
