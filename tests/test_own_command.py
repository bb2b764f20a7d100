from __future__ import annotations

import subprocess
from pathlib import Path

import localci
from localci import __version__
from localci.own_command import own_command


def test_localci_starts_itself_from_where_it_is(tmp_path: Path) -> None:
    """Isolated mode would not look into a user's own site directory by itself."""
    interpreter, isolated, _, start, *arguments = own_command(["--version"])
    assert repr(str(Path(localci.__file__).parent.parent)) in start
    assert arguments == ["--version"]

    # `-S`: without any site directory but the one that it was told.
    words = [interpreter, isolated, "-S", "-c", start, *arguments]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert __version__ in done.stdout
