"""What the attack tests stand on; what they say of a verdict is in `support.attacks`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.openpgp_keys import open_workshop
from support.scene import make_scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.keys import Keys
    from support.openpgp_keys import Workshop
    from support.scene import Scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[Scene]:
    """A project that trusts Ada, with Bob's and Mallory's secret keys at hand too.

    It lives as long as the module. A test that changes more of it than the note needs its own
    (`support.scene.make_scene`).
    """
    with make_scene(tmp_path_factory.mktemp("scene"), keys, "bob", "mallory") as made:
        yield made


@pytest.fixture(scope="session")
def openpgp(shared: Path, keys: Keys) -> Iterator[Workshop]:
    """The certificates of `support.openpgp_cases`, and a GnuPG home with their secret keys."""
    with open_workshop(shared, keys) as workshop:
        yield workshop
