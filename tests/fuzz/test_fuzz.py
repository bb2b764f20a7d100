"""The fuzzer, for a short and repeatable time; `make fuzz` takes longer, and other paths each time.

Every target also reads its corpus and what hypothesis makes of it, without atheris, which is built
for Linux on x86-64 only.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localci.formats.good_signature import GoodSignature
from support.documents import NOW
from support.lines import mutated
from support.notes import CASES, REFUSED_NOTES

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from make_corpus import notes  # noqa: E402 - they stand beside this file, not in a package
from targets import CORPUS, TARGETS, judged_rightly  # noqa: E402

if TYPE_CHECKING:
    from localci.config.policy import PublicKey

FILES = sorted(CORPUS.glob("*/*"))
HAS_ATHERIS = importlib.util.find_spec("atheris") is not None


def test_the_corpus_is_what_its_script_makes() -> None:
    for target, name, content in notes():
        path = CORPUS / target / name
        assert path.read_bytes() == content, "run tests/fuzz/make_corpus.py"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_file_of_the_corpus_is_taken_or_refused_as_its_name_says(path: Path) -> None:
    assert TARGETS[path.parent.name](path.read_bytes()) == path.name.startswith("good-")


def test_every_target_has_something_to_take_and_something_to_refuse() -> None:
    found = {(path.parent.name, path.name.partition("-")[0]) for path in FILES}
    assert found >= {(target, kind) for target in TARGETS for kind in ("good", "bad")}


@pytest.mark.parametrize("target", TARGETS)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_target_keeps_its_promises_of_damaged_files(target: str, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([path for path in FILES if path.parent.name == target]))
    TARGETS[target](data.draw(mutated(path.read_bytes())))


@pytest.mark.skipif(not HAS_ATHERIS, reason="atheris has no build for this platform")
@pytest.mark.parametrize("target", TARGETS)
def test_the_fuzzer_finds_nothing_in_a_short_time(target: str, tmp_path: Path) -> None:
    limits = ["--runs=2000", "--seconds=10", "--seed=1", f"--found={tmp_path}"]
    done = subprocess.run(
        [sys.executable, str(HERE / "run.py"), target, *limits],
        env={"PYTHONPATH": str(HERE.parent), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert "Done" in done.stderr


def test_a_check_that_takes_any_signature_is_found_out() -> None:
    """The promise has teeth: without a sound check the same notes break it."""

    def anybody(key: PublicKey, _signature: bytes, _data: bytes) -> GoodSignature:
        return GoodSignature(key.fingerprint, key.fingerprint, NOW)

    with pytest.raises(AssertionError):
        judged_rightly(REFUSED_NOTES["forged"], CASES[0], anybody)
