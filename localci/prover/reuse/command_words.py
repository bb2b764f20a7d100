"""Which programs a command for the shell may start, read off its text. Pure.

Too many is right here and too few is wrong: a program that is named and not started costs a run,
one that is started and not named costs the truth. Scripts and build tools start what their own text
says; that a command line does not tell.
"""

from __future__ import annotations

import itertools
import re
import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SEPARATORS: Final = "();<>|&\n"
_SUBSTITUTION: Final = re.compile(r"\$\(|`")
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=.*", re.DOTALL)
_KEYWORDS: Final = frozenset(
    {
        "!", "{", "}", "if", "then", "elif", "else", "fi", "for", "while", "until", "do",
        "done", "case", "esac", "time", "exec", "command", "builtin",
    }
)  # fmt: skip
_SHELLS: Final = frozenset({"sh", "bash", "dash", "zsh", "ksh", "busybox", "eval"})
_LAUNCHERS: Final = frozenset(
    {
        "env", "nice", "ionice", "chrt", "taskset", "timeout", "nohup", "setsid",
        "stdbuf", "unbuffer", "xargs", "parallel", "sudo", "doas", "flock", "strace",
        "catchsegv", "xvfb-run", "dbus-run-session", "uv", "uvx", "pipx", "poetry", "pdm",
        "hatch", "pipenv", "tox", "nox", "coverage", "npx", "pnpm", "yarn", "bunx",
        "bundle", "direnv", "mise", "asdf", "rye", "conda", "micromamba",
    }
)  # fmt: skip
"""Programs that start another one, which their own words name."""
_ANYHOW: Final = re.compile(r"[ \t\r'\"]+|([();<>|&\n]+)")
_PYTHON: Final = re.compile(r"(?:python|pypy)[0-9.]*t?")


def command_words(line: str) -> tuple[str, ...]:
    """Return the words of a command line that may be programs, each once, in order."""
    return tuple(dict.fromkeys(_words(line)))


def module_words(line: str) -> tuple[str, ...]:
    """Return the names of the Python modules that a command line runs with `-m`."""
    words = [word for command in _commands(line) for word in command]
    pairs = itertools.pairwise(words)
    inner = [name for word in words if _is_command(word) for name in module_words(word)]
    return tuple(dict.fromkeys([*(name for option, name in pairs if option == "-m"), *inner]))


def is_python(program: str) -> bool:
    """Tell whether a program is a Python interpreter, by its name."""
    return _PYTHON.fullmatch(program.rpartition("/")[2]) is not None


def _words(line: str) -> Iterator[str]:
    for command in _commands(line):
        for word in command:
            for inner in _SUBSTITUTION.split(word)[1:]:
                yield from _words(inner)
        yield from _heads(command)


def _heads(command: Sequence[str]) -> Iterator[str]:
    for position, word in enumerate(command):
        is_keywords_option = word.startswith("-") and position > 0
        if word in _KEYWORDS or is_keywords_option or _ASSIGNMENT.fullmatch(word):
            continue
        yield word
        name = word.rpartition("/")[2]
        rest = command[position + 1 :]
        if name in _LAUNCHERS:
            yield from (other for other in rest if not other.startswith("-"))
        for other in rest:
            if (name in _SHELLS or name in _LAUNCHERS) and _is_command(other):
                yield from _words(other)
        return


def _is_command(word: str) -> bool:
    """Tell whether a word was quoted for another shell."""
    return any(character in word for character in " \n;|&")


def _commands(line: str) -> Iterator[list[str]]:
    command: list[str] = []
    for token in _tokens(line.replace("\\\n", " ")):
        if set(token) <= set(_SEPARATORS):
            yield command
            command = []
        else:
            command.append(token)
    yield command


def _tokens(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=_SEPARATORS)
    lexer.whitespace = " \t\r"
    lexer.commenters = ""
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:
        # Quotes that do not pair up, as in a comment: then every word is as good as another.
        return [token for token in _ANYHOW.split(line) if token]
