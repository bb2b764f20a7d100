"""Fuzz for a time, guided by coverage (atheris); `make fuzz` starts it.

    PYTHONPATH=tests .venv/bin/python tests/fuzz/run.py --help

Every target starts from `corpus/<target>`. What reaches new code is kept below `--found`, and so
is an input that breaks a promise; give that file's path after the target to see it break again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

import atheris

with atheris.instrument_imports(include=["localci", "tomllib"]):
    from targets import CORPUS, TARGETS

LONGEST_INPUT: Final = 70_000
"""Bytes; a line of a note may have 65,536."""
LONGEST_TIME: Final = 10
"""Seconds that one input may take."""


def main() -> int:
    """Fuzz one target in this process, or each in a process of its own."""
    options = _options()
    if options.target:
        _fuzz(options)  # never comes back
    codes = {name: _start(name, options) for name in TARGETS}
    broken = [name for name, code in codes.items() if code]
    print(f"fuzzed: {', '.join(codes)}; broken: {', '.join(broken) or 'none'}")  # noqa: T201
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", choices=sorted(TARGETS), help="default: all")
    parser.add_argument("inputs", nargs="*", help="only these files, each once")
    parser.add_argument("--seconds", type=int, default=300, help="for all targets together")
    parser.add_argument("--runs", type=int, default=-1, help="inputs a target, at most")
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    parser.add_argument("--found", type=Path, default=Path(".fuzz"), help="what is kept")
    return parser.parse_args()


def _start(name: str, options: argparse.Namespace) -> int:
    # Half of the time is for what all the others lead to.
    share = options.seconds // 2 if name == "note" else options.seconds // (2 * len(TARGETS) - 2)
    limits = [f"--seconds={max(share, 1)}", f"--runs={options.runs}", f"--seed={options.seed}"]
    command = [sys.executable, __file__, name, *limits, f"--found={options.found}"]
    return subprocess.run(command, check=False).returncode


def _fuzz(options: argparse.Namespace) -> None:
    found = options.found / options.target
    found.mkdir(parents=True, exist_ok=True)
    where = options.inputs or [str(found), str(CORPUS / options.target)]
    settings = {
        "artifact_prefix": f"{found}/broken-",
        "max_len": LONGEST_INPUT,
        "max_total_time": options.seconds,
        "runs": options.runs,
        "seed": options.seed,
        "timeout": LONGEST_TIME,
        "rss_limit_mb": 1024,
        "verbosity": 1,
    }
    atheris.Setup(
        [sys.argv[0], *(f"-{name}={value}" for name, value in settings.items()), *where],
        TARGETS[options.target],
    )
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
