"""The refs that localci reads and writes (design 4.1 and 7)."""

from __future__ import annotations

from typing import Final

NOTES_REF: Final = "refs/notes/ci"
"""The ref on the remote; locally it is for eyes only and may be overwritten."""
OUTBOX_REF: Final = "refs/localci/outbox"
"""My lines that no remote has yet."""
REMOTE_REFS: Final = "refs/localci/remotes/"
"""Below it, the notes of each remote as last seen."""
