from __future__ import annotations

import pytest

from localci.config.configuration import When
from localci.config.read_configuration import read_configuration
from localci.errors import UsageError


def when(lines: str) -> When | None:
    text = f'version = 1\n[checks.a]\nrun = "true"\n{lines}\n[profiles.nightly]\n'
    return read_configuration({"localci.toml": text.encode()}.get).checks[0].when


def test_every_group_is_read() -> None:
    assert when("") is None
    assert when(
        'when = { branches = ["main", "release/*"], tags = ["v?"], remotes = ["origin"],'
        ' paths = ["src/**"], profiles = ["nightly"] }'
    ) == When(("main", "release/*"), ("v?",), ("origin",), ("src/**",), ("nightly",))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('when = "main"', "`when` in [checks.a] is not a table"),
        ("when = {}", "`when` in [checks.a] says nothing; it takes branches, tags, remotes"),
        ("when.branches = []", "`branches` in [checks.a.when] is empty; leave it out, or"),
        ('when.branches = "main"', '`branches` in [checks.a.when] is not a list like ["a", "b"]'),
        ('when.branch = ["a"]', "unknown key `branch` in [checks.a.when]; did you mean `branches`"),
        ('when.branches = ["refs/heads/a"]', "`branches` in [checks.a.when] has a whole reference"),
        ('when.branches = [""]', "`branches` in [checks.a.when] has an empty pattern"),
        ('when.branches = ["!a"]', "`branches` in [checks.a.when] starts with `!`; patterns can"),
        ('when.branches = ["{a,b}"]', "`branches` in [checks.a.when] has a `{`; patterns know"),
        ('when.tags = ["v 1"]', "`tags` in [checks.a.when] has a character that no branch or tag"),
        ('when.remotes = ["-x"]', "`remotes` in [checks.a.when] is not the name or the URL of"),
        ('when.paths = ["/src"]', "`paths` in [checks.a.when] starts with `/`"),
        ('when.profiles = ["nihgtly"]', "`profiles` in [checks.a.when] names no profile `nihgtly`"),
    ],
)
def test_what_cannot_be_asked_is_refused(line: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        when(line)
    assert str(caught.value).startswith(f"localci.toml:4: {message}")
