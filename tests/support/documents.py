"""Result documents and statements for tests, and hypothesis strategies that make any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from localci.formats.result import (
    MAX_COUNT,
    CheckResult,
    CoverageFigures,
    ExitFigures,
    Issue,
    IssueFigures,
    ResultDocument,
    Reuse,
    TestFigures,
)
from localci.formats.statement import ConfigurationBlob, Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.formats.result import Figures

COMMIT: Final = "c" * 40
TREE: Final = "7" * 40
REPOSITORY: Final = "example.org/acme/app"
NOW: Final = 1_795_230_000
"""2026-11-21T03:00:00Z."""
DEFINITION: Final = "1:" + "d" * 64
RUN_ID: Final = "5" * 32

PASSING_TESTS: Final = TestFigures(total=150, failed=0, skipped=5)


def check(figures: Figures = PASSING_TESTS, **changes: Any) -> CheckResult:
    """Return a check that passed a minute before `NOW`."""
    fields: dict[str, Any] = {
        "passed": True,
        "figures": figures,
        "started_at": NOW - 70,
        "finished_at": NOW - 60,
        "definition": DEFINITION,
    }
    return CheckResult(**(fields | changes))


def document(checks: Mapping[str, CheckResult] | None = None, **changes: Any) -> ResultDocument:
    """Return the document of a run that was over a minute before `NOW`; one check: `tests`."""
    fields: dict[str, Any] = {
        "commit": COMMIT,
        "tree": TREE,
        "run_id": RUN_ID,
        "started_at": NOW - 80,
        "finished_at": NOW - 60,
        "checks": {"tests": check()} if checks is None else checks,
        "branch": "feature",
    }
    return ResultDocument(**(fields | changes))


def statement(of: ResultDocument | None = None, **changes: Any) -> Statement:
    """Return the statement around a document."""
    of = document() if of is None else of
    fields: dict[str, Any] = {
        "commit": of.commit,
        "tree": of.tree,
        "repository": REPOSITORY,
        "document": of,
        "configuration": (ConfigurationBlob("localci.toml", "a" * 40),),
        "source_refs": ("refs/heads/feature",),
    }
    return Statement(**(fields | changes))


TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TIMES: Final = st.integers(0, 253_402_300_799)
COUNTS: Final = st.integers(0, 10**6) | st.just(MAX_COUNT)
PERCENTAGES: Final = st.floats(0, 100) | st.sampled_from([0.0, 85.0, 100.0])
OBJECT_IDS: Final = st.from_regex(r"[0-9a-f]{40}([0-9a-f]{24})?", fullmatch=True)
DIGESTS: Final = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
ISSUES: Final = st.builds(Issue, TEXTS, TEXTS, st.none() | COUNTS)


@st.composite
def _tests(draw: st.DrawFn) -> TestFigures:
    failed, skipped, others = draw(st.tuples(*[st.integers(0, 1000)] * 3))
    return TestFigures(failed + skipped + others, failed, skipped)


@st.composite
def _issues(draw: st.DrawFn) -> IssueFigures:
    issues = draw(st.lists(ISSUES, max_size=5))
    return IssueFigures(tuple(issues), len(issues) + draw(st.integers(0, 100)))


FIGURES: Final = st.one_of(
    _tests(),
    st.builds(CoverageFigures, PERCENTAGES, st.none() | PERCENTAGES),
    _issues(),
    st.just(ExitFigures()),
)
CHECKS: Final = st.builds(
    CheckResult,
    passed=st.booleans(),
    figures=FIGURES,
    started_at=TIMES,
    finished_at=TIMES,
    exit_code=st.none() | st.integers(-255, 255),
    duration_ms=st.none() | COUNTS,
    advisory=st.booleans(),
    definition=st.just("") | st.just(DEFINITION),
    inputs=st.just("") | DIGESTS,
    log=st.just("") | DIGESTS,
    reused_from=st.none() | st.builds(Reuse, OBJECT_IDS, OBJECT_IDS, TEXTS, DIGESTS),
    attempts=st.integers(1, 9) | st.just(MAX_COUNT),
    cells=st.lists(TEXTS, max_size=3).map(tuple),
)
NAMES: Final = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,63}", fullmatch=True)
ENVIRONMENTS: Final = st.dictionaries(TEXTS, TEXTS | st.none() | st.booleans(), max_size=3)
DOCUMENTS: Final = st.builds(
    ResultDocument,
    commit=OBJECT_IDS,
    tree=OBJECT_IDS,
    run_id=st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    started_at=TIMES,
    finished_at=TIMES,
    checks=st.dictionaries(NAMES, CHECKS, min_size=1, max_size=4),
    branch=TEXTS,
    runner=TEXTS,
    environment=ENVIRONMENTS,
    partial=st.booleans(),
)
STATEMENTS: Final = DOCUMENTS.flatmap(
    lambda of: st.builds(
        Statement,
        commit=st.just(of.commit),
        tree=st.just(of.tree),
        repository=st.sampled_from([REPOSITORY, "[::1]/app", "/srv/git/app"]),
        document=st.just(of),
        configuration=st.lists(st.builds(ConfigurationBlob, TEXTS, OBJECT_IDS), max_size=2).map(
            tuple
        ),
        source_refs=st.lists(TEXTS, max_size=2).map(tuple),
    )
)
