"""What is wrong with a text that a configuration holds, said so that it fits behind its key."""

from __future__ import annotations

import re

from localci.formats.result import CHECK_NAME

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_REMOTE = re.compile(r"(?!-)[^\s\x00-\x1f\x7f]+")


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


def remote_fault(remote: str) -> str:
    """Say what is wrong with a remote's name or URL, or return ""."""
    return "" if _REMOTE.fullmatch(remote) else "is not the name or the URL of a remote"
