"""The product in Python and Rust, whole: real linters, servers and scanners, two images of eight.

What cannot be had without a network stands in for itself: advisories come from a server and a
directory of the test's own, and trivy, whose database is fetched, looks for secrets.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from localci.errors import FAILED, PASSED
from support.checks import document_of, outcomes_of
from support.emulation import need_emulation, need_mounts, need_network
from support.examples import Example, copy_example
from support.osv_server import advisory, osv_server
from support.parts import need
from support.pythons import two_pythons
from support.toolchains import RUST
from support.tools import TOOLS, need_tool, tools_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.localci_command import Done

BUILT: Final = ("labels", "probe")
"""The two smallest of the eight images; `make soak` builds them all."""
ON_MAIN: Final = {"images", "image-scan"}
EVERYWHERE: Final = {
    "python-lint", "python-format", "rust-lint", "rust-format", "tests", "rust-tests",
    "integration", "sast", "sast-python", "dependencies", "rust-dependencies", "secrets",
}  # fmt: skip
DAILY: Final = {"sast", "sast-python", "dependencies", "rust-dependencies", "secrets", "image-scan"}
# Put together here, so that nobody takes this file's own text for a secret.
TOKEN: Final = "ghp_" + "x7Kq2Vt9Lm4Rz8Wc1Nb6Yd3Hf5Jg0Ps" + "TuAe"
AUDIT: Final = """\
[database]
path = "{database}"
fetch = false
stale = true
"""
ADVISORY: Final = """\
```toml
[advisory]
id = "RUSTSEC-2026-0001"
package = "nobody-uses-this"
date = "2026-01-02"
[versions]
patched = []
```

# A crate that nobody uses
"""


@pytest.fixture(scope="module")
def advisories() -> dict[str, list[dict[str, object]]]:
    """What is known of Python packages, by their names; nothing at first."""
    return {}


@pytest.fixture(scope="module")
def product(
    tmp_path_factory: pytest.TempPathFactory,
    environment: dict[str, str],
    advisories: dict[str, list[dict[str, object]]],
) -> Iterator[Example]:
    """The example on `main`, fitted to this machine; the policy's first commit is on the remote."""
    for tool in (
        "ruff",
        "bandit",
        "semgrep",
        "pip-audit",
        "cargo-audit",
        "gitleaks",
        "trivy",
        "cargo",
    ):
        need_tool(tool)
    for part in ("psql", "redis-server", "buildah", "mmdebstrap"):
        need(part)
    for need_it in (need_mounts, need_emulation, need_network):
        need_it()
    pythons = two_pythons()
    directory = tmp_path_factory.mktemp("examples")
    with osv_server(advisories) as url:
        passed = {
            "PATH": ":".join([tools_path(), *(str(python.parent) for python in pythons.values())]),
            "RUSTUP_HOME": RUST["RUSTUP_HOME"],
            "PIP_AUDIT_VULNERABILITY_SERVICE": "osv",
            "PIP_AUDIT_OSV_URL": url,
            "TRIVY_SCANNERS": "secret",
            "IMAGE_ROOTS": str(TOOLS / "image-roots"),
        }
        product = copy_example("polyglot", directory, environment | passed)
        fit(product, list(pythons), list(passed), make_database(directory))
        assert product.localci("trust", "add", "--role", "maintainer").code == PASSED
        product.commit({}, "Start")
        product.git("push", "--quiet", "--no-verify", "-u", "origin", "main")
        product.git("remote", "set-head", "origin", "main")
        yield product


def make_database(directory: Path) -> Path:
    database = directory / "advisories"
    file = database / "crates" / "nobody-uses-this" / "RUSTSEC-2026-0001.md"
    file.parent.mkdir(parents=True)
    file.write_text(ADVISORY, encoding="ascii")
    return database


def fit(product: Example, pythons: list[str], variables: list[str], database: Path) -> None:
    """Write the versions of Python that are here, two images, and where advisories are found."""
    file = product.path / "localci.toml"
    text = file.read_text("utf-8")
    # By way of words that are no version: 3.11 may become 3.12.
    for shown, word in (("3.11", "FIRST"), ("3.12", "SECOND")):
        text = text.replace(shown, word)
    text = text.replace("FIRST", pythons[0]).replace("SECOND", pythons[1])
    names = ", ".join(
        f'"{name}"' for name in ("HOME", "LANG", "CARGO_HOME", "DEBIAN_MIRROR", *variables)
    )
    text = re.sub(r"(?m)^pass_env = .*", f"pass_env = [{names}]", text)
    images = ", ".join(f'"{name}"' for name in BUILT)
    text, count = re.subn(r"(?m)^matrix\.image = .*", f"matrix.image = [{images}]", text)
    assert count == 2
    file.write_text(text, encoding="utf-8")
    audit = product.path / ".cargo" / "audit.toml"
    audit.parent.mkdir()
    audit.write_text(AUDIT.format(database=database), encoding="utf-8")


@pytest.fixture(scope="module")
def run(product: Example) -> Done:
    """A whole run of a commit on `main`."""
    product.commit({"NOTES.md": "The second depot opens in May.\n"})
    return product.localci("run", "--json")


def test_every_check_passes_with_figures(run: Done) -> None:
    assert run.code == PASSED, run.errors
    assert outcomes_of(run) == dict.fromkeys(EVERYWHERE | ON_MAIN, "passed")
    checks: dict[str, Any] = document_of(run)["checks"]
    totals = {name: checks[name]["total"] for name in ("tests", "rust-tests", "integration")}
    assert totals == {"tests": 2 * 9, "rust-tests": 3, "integration": 4}
    issues = EVERYWHERE - {"tests", "rust-tests", "integration"}
    assert {name: checks[name].get("issues", []) for name in issues} == {
        name: [] for name in issues
    }


def test_images_are_kept_and_named(run: Done) -> None:
    artifacts = document_of(run)["checks"]["images"]["artifacts"]

    assert [made["name"] for made in artifacts] == [f"dist/{name}.tar" for name in BUILT]
    assert all(made["size"] > 0 and len(made["sha256"]) == 64 for made in artifacts)


def test_the_policy_accepts_it_on_main(product: Example, run: Done) -> None:
    trusted = product.git("rev-parse", "HEAD~1")
    assert product.localci("policy", "check").errors == ""

    assert product.localci("push").code == PASSED

    asked = ("--remote", "origin", "--target", "main", "--trust-ref", trusted)
    verdict = product.localci("verify", *asked)
    assert verdict.code == PASSED, verdict


def test_each_scan_is_stale_after_a_day(product: Example) -> None:
    told = product.localci("policy", "check", "--target", "main").output

    rows = {line.split(":")[0].strip(): line for line in told.splitlines() if ", at most " in line}
    assert set(rows) == EVERYWHERE | ON_MAIN
    assert {name for name, row in rows.items() if row.endswith("at most 1 day ago")} == DAILY


def test_what_is_broken_fails_and_nothing_else(product: Example, run: Done) -> None:
    product.git("switch", "--quiet", "-c", "topic", "origin/main")
    product.change(
        "src/depot/stock.py",
        '"select coalesce(sum(pieces), 0) from movement where article = %s", (article,)',
        "f\"select coalesce(sum(pieces), 0) from movement where article = '{article}'\"",
    )
    product.change("labels/src/lib.rs", "digit.to_digit(10)?", "digit.to_digit(10).unwrap()")
    product.commit({"deploy.env": f"GITHUB_TOKEN={TOKEN}\n"})

    done = product.localci("run", "--json")

    assert done.code == FAILED, done.errors
    broken = {"sast", "sast-python", "rust-tests", "secrets"}
    assert outcomes_of(done) == {
        **dict.fromkeys(EVERYWHERE, "passed"), **dict.fromkeys(broken, "failed")
    }  # fmt: skip
    assert TOKEN not in done.output + done.errors
    checks: dict[str, Any] = document_of(done)["checks"]
    assert (checks["rust-tests"]["total"], checks["rust-tests"]["failed"]) == (3, 1)
    assert {(one["file"], one["line"]) for one in checks["secrets"]["issues"]} == {
        ("deploy.env", 1)
    }
    assert {one["file"] for one in checks["sast"]["issues"]} == {
        "src/depot/stock.py", "labels/src/lib.rs"
    }  # fmt: skip


def test_an_advisory_of_today_fails_what_passed(
    product: Example, run: Done, advisories: dict[str, list[dict[str, object]]]
) -> None:
    product.git("switch", "--quiet", "--force", "main")
    advisories["redis"] = [advisory("PYSEC-2026-7", "redis", "Allows remote code execution.")]

    done = product.localci("run", "--json", "--check", "dependencies")

    advisories.clear()
    assert done.code == FAILED, done.errors
    assert outcomes_of(done) == {"dependencies": "failed"}
    (issue,) = {one["rule"] for one in document_of(done)["checks"]["dependencies"]["issues"]}
    assert issue == "PYSEC-2026-7"
