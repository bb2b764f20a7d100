from __future__ import annotations

import pytest

from localci.config.read_configuration import read_configuration
from localci.errors import UsageError


def refusal(header: str, lines: str) -> str:
    text = f'version = 1\n[checks.a]\nrun = "true"\n{header}\n{lines}\n'
    with pytest.raises(UsageError) as caught:
        read_configuration({"localci.toml": text.encode()}.get)
    return str(caught.value)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("checks = []", "`checks` in [profiles.fast] is empty; leave it out for all checks"),
        ('checks = ["b"]', "`checks` in [profiles.fast] names no check `b`; known here: `a`"),
        ('check = ["a"]', "unknown key `check` in [profiles.fast]; did you mean `checks`?"),
        ("jobs = -1", "`jobs` in [profiles.fast] is not a whole number of at least 0"),
        ("fail_fast = 1", "`fail_fast` in [profiles.fast] is not true or false"),
        ("fresh = 1", "`fresh` in [profiles.fast] is not true or false"),
    ],
)
def test_a_profile_that_cannot_be_used_is_refused(lines: str, message: str) -> None:
    assert refusal("[profiles.fast]", lines).startswith(f"localci.toml:5: {message}")


def test_a_profile_has_a_name_like_a_check() -> None:
    assert refusal("[profiles.Fast]", "").startswith(
        "localci.toml:4: `Fast` in [profiles] is no name for a profile"
    )
