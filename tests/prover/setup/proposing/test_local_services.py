from __future__ import annotations

import pytest

from localci.prover.setup.proposing.local_services import SeenService, local_service


@pytest.mark.parametrize(
    ("image", "address", "own"),
    [
        ("redis", "redis://:s3cret@localhost:6379/0", "redis://127.0.0.1:{port}/0"),
        ("redis", "redis://default:s3cret@cache:6379", "redis://default@127.0.0.1:{port}"),
        ("postgres:16", "postgresql+x://app:${PW}@cache:5432/a", "postgresql+x://app@127.0.0.1:{port}/a"),
        ("postgres:16", "postgres://app@cache:5432/a?b=c:d@e", "postgres://app@127.0.0.1:{port}/a?b=c:d@e"),
        ("postgres:16", "postgres://cache:5432/a", "postgres://127.0.0.1:{port}/a"),
    ],
)  # fmt: skip
def test_an_address_is_taken_without_its_password(image: str, address: str, own: str) -> None:
    service, _ = local_service(SeenService("cache", image, {}, "compose.yaml:1"), {"URL": address})
    assert service is not None
    assert service.table["env"] == {"URL": own}
