"""What is left behind when localci itself is at fault: a file made to be put into an issue."""

from __future__ import annotations

import platform
import sys
import tempfile
import traceback
from typing import TYPE_CHECKING

from localci import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence


def write_bug_report(arguments: Sequence[str]) -> str:
    """Write the traceback of the current exception to a file and say where it is.

    The report names the command and no further argument: those may hold an address with a token.
    """
    report = "\n".join(
        (
            f"localci {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"command: {arguments[0] if arguments else ''}",
            "",
            traceback.format_exc(),
        )
    )
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="localci-bug-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write(report)
    except OSError:
        print(report, file=sys.stderr)  # noqa: T201 - there is no other place left
        return "please report what stands above"
    return f"please report it with {file.name}"
