"""What is wrong with a text that a configuration holds, said so that it fits behind its key."""

from __future__ import annotations

import re

from localci.formats.result import CHECK_NAME

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_REMOTE = re.compile(r"(?!-)[^\s\x00-\x1f\x7f]+")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}", re.ASCII)
_AXIS = re.compile(r"[a-z][a-z0-9_-]{0,31}", re.ASCII)
_READ_DIFFERENTLY = re.compile(r"[\\\[\]{}]")
# git-check-ref-format(1): no reference holds one of these.
_IN_NO_REF = re.compile(r"[\s\x00-\x1f\x7f~^:]")


def command_fault(command: str) -> str:
    """Say what is wrong with a shell command, or return ""."""
    if "\0" in command:
        return "holds a NUL byte"
    return "" if command.strip() else "is empty"


def variable_fault(name: str) -> str:
    """Say what is wrong with the name of an environment variable, or return ""."""
    return "" if _VARIABLE.fullmatch(name) else "is not the name of an environment variable"


def check_name_fault(name: str) -> str:
    """Say what is wrong with the name of a check, or return ""."""
    return "" if CHECK_NAME.fullmatch(name) else f"is no name for a check: {CHECK_NAME.pattern}"


def service_name_fault(name: str) -> str:
    """Say what is wrong with the name of a service, or return ""."""
    return "" if CHECK_NAME.fullmatch(name) else f"is no name for a service: {CHECK_NAME.pattern}"


def profile_name_fault(name: str) -> str:
    """Say what is wrong with the name of a profile, or return ""."""
    return "" if CHECK_NAME.fullmatch(name) else f"is no name for a profile: {CHECK_NAME.pattern}"


def axis_fault(name: str) -> str:
    """Say what is wrong with the name of an axis of a matrix, or return ""."""
    return "" if _AXIS.fullmatch(name) else f"is no name for an axis: {_AXIS.pattern}"


def axis_value_fault(value: str) -> str:
    """Say what is wrong with a value of an axis, which stands in names of files, or return ""."""
    return "" if _WORD.fullmatch(value) else f"has a value that is not like {_WORD.pattern}"


def label_fault(label: str) -> str:
    """Say what is wrong with the label of a machine, or return ""."""
    return "" if _WORD.fullmatch(label) else f"has a label that is not like {_WORD.pattern}"


def remote_fault(remote: str) -> str:
    """Say what is wrong with a remote's name or URL, or return ""."""
    return "" if _REMOTE.fullmatch(remote) else "is not the name or the URL of a remote"


def ref_pattern_fault(pattern: str) -> str:
    """Say what is wrong with a pattern of branches or tags by their short names, or return ""."""
    if not pattern:
        return "has an empty pattern"
    if pattern.startswith("refs/"):
        return "has a whole reference; write the short name, like `main`"
    if pattern.startswith("!"):
        return "starts with `!`; patterns can only add"
    if wrong := _READ_DIFFERENTLY.search(pattern):
        return f"has a `{wrong[0]}`; patterns know `*`, `?` and `**`"
    if _IN_NO_REF.search(pattern):
        return "has a character that no branch or tag can have"
    return ""
