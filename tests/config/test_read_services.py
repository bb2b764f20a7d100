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
        ("", "4: service `db` has no `run`"),
        ('ready = "x"', "4: service `db` has no `run`"),
        ('run = " "', "5: `run` in [services.db] is empty"),
        ('run = "x"\nready = ""', "6: `ready` in [services.db] is empty"),
        ('run = "x"\nredy = "y"', "6: unknown key `redy` in [services.db]; did you mean `ready`?"),
        ('run = "x"\nready_timeout = 0', "6: `ready_timeout` in [services.db] has to be longer"),
        ('run = "x"\nready_timeout = "2d"', "6: `ready_timeout` in [services.db] is longer than 1"),
        ('run = "x"\nenv = { "1" = "" }', "6: `1` in [services.db.env] is not the name of an env"),
        ('run = "x {matrix.a}"', "5: `run` in [services.db] has {matrix.a}; one service is for"),
        ('run = "x"\nready = "{matrix.a}"', "6: `ready` in [services.db] has {matrix.a}; one"),
        ('run = "x"\nenv = { A = "{matrix.a}" }', "6: `env` in [services.db] has {matrix.a}; one"),
    ],
)
def test_a_service_that_cannot_be_used_is_refused(lines: str, message: str) -> None:
    assert refusal("[services.db]", lines).startswith(f"localci.toml:{message}")


def test_a_service_has_a_name_like_a_check() -> None:
    assert refusal("[services.DB]", 'run = "x"').startswith(
        "localci.toml:4: `DB` in [services] is no name for a service"
    )
