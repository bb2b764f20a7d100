"""The statistics as OpenMetrics text 1.0, for whatever collects such files. Pure.

Counters count all that the journals hold, whatever window is asked for; gauges and quantiles are
of the window.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from localci.console import harmless
from localci.deliveries import DELIVERED, WAITING
from localci.prover.statistics.deliveries import routes, with_new_results
from localci.prover.statistics.own_share import own_share
from localci.prover.statistics.runs import outcome_of, run_statistics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from localci.prover.statistics.deliveries import Rate, Route
    from localci.prover.statistics.spread import Spread
    from localci.prover.statistics.summary import Journals, Summary

Labels: TypeAlias = "tuple[tuple[str, str], ...]"
_Way: TypeAlias = "tuple[str, str]"
"""What is delivered, and to which remote."""
_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True)
class _Family:
    """A metric: its samples are (what is appended to the name, labels, value)."""

    name: str
    kind: str
    help: str
    samples: tuple[tuple[str, Labels, float], ...]
    unit: str = ""

    def lines(self) -> Iterator[str]:
        yield f"# TYPE {self.name} {self.kind}"
        if self.unit:
            yield f"# UNIT {self.name} {self.unit}"
        yield f"# HELP {self.name} {self.help}"
        for suffix, labels, value in self.samples:
            pairs = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels)
            yield f"{self.name}{suffix}{{{pairs}}} {value!r}"


def openmetrics_text(summary: Summary, journals: Journals, repository: str) -> str:
    """Return the exposition; `repository` is a label of every sample.

    So files of several repositories can be collected together.
    """
    base = (("repository", repository),)
    families = (*_deliveries(summary, journals, base), *_runs(summary, journals, base))
    lines = [line for family in families if family.samples for line in family.lines()]
    return "\n".join([*lines, "# EOF", ""])


def _deliveries(summary: Summary, journals: Journals, base: Labels) -> Iterator[_Family]:
    ever = {(one.what, one.remote): one for one in routes(with_new_results(journals.deliveries))}
    now = {(one.what, one.remote): one for one in summary.routes}
    labels = {key: (*base, ("kind", key[0]), ("remote", key[1])) for key in ever}
    yield from _delivery_counters(ever, journals, labels)
    yield from _delivery_times(ever, now, labels)
    yield _Family(
        "localci_waiting_lines",
        "gauge",
        "Lines of notes that wait in the outbox now.",
        (("", base, float(summary.waiting)),),
    )
    yield _Family(
        "localci_window_seconds",
        "gauge",
        "How far back gauges and quantiles look.",
        (("", base, float(summary.window.seconds)),),
        "seconds",
    )


def _delivery_counters(
    ever: Mapping[_Way, Route], journals: Journals, labels: Mapping[_Way, Labels]
) -> Iterator[_Family]:
    outcomes = Counter((r.what, r.remote, r.outcome) for r in journals.deliveries)
    yield _Family(
        "localci_deliveries",
        "counter",
        "Deliveries by outcome: delivered, or waiting for a later one.",
        tuple(
            ("_total", (*labels[what, remote], ("outcome", outcome)), float(count))
            for (what, remote, outcome), count in sorted(outcomes.items())
        ),
    )
    yield _Family(
        "localci_delivery_results",
        "counter",
        "Results by what their first delivery came to; a posting is one.",
        tuple(
            ("_total", (*labels[key], ("outcome", outcome)), float(count))
            for key, one in ever.items()
            for outcome, count in _first_outcomes(one.rate)
        ),
    )
    yield _Family(
        "localci_delivery_attempts",
        "counter",
        "Pushes that deliveries took, and tries of postings.",
        tuple(("_total", labels[key], one.attempts.total) for key, one in ever.items()),
    )
    yield _Family(
        "localci_delivery_items",
        "counter",
        "Lines of notes and messages in deliveries.",
        tuple(("_total", labels[key], float(one.items)) for key, one in ever.items()),
    )


def _delivery_times(
    ever: Mapping[_Way, Route], now: Mapping[_Way, Route], labels: Mapping[_Way, Labels]
) -> Iterator[_Family]:
    yield _Family(
        "localci_delivery_seconds",
        "summary",
        "How long deliveries took; quantiles of the window.",
        tuple(
            sample
            for key, one in ever.items()
            for sample in _summary(
                one.seconds, now[key].seconds if key in now else None, labels[key]
            )
        ),
        "seconds",
    )
    yield _Family(
        "localci_delivered_at_once_ratio",
        "gauge",
        "The part of the window's results that arrived at once.",
        tuple(
            ("", labels[key], one.rate.ratio)
            for key, one in now.items()
            if one.rate.ratio is not None
        ),
        "ratio",
    )
    yield _Family(
        "localci_last_delivery_timestamp_seconds",
        "gauge",
        "When the last delivery began.",
        tuple(("", labels[key], one.last_at) for key, one in ever.items()),
        "seconds",
    )


def _runs(summary: Summary, journals: Journals, base: Labels) -> Iterator[_Family]:
    outcomes = Counter(map(outcome_of, journals.runs))
    yield _Family(
        "localci_runs",
        "counter",
        "Runs by outcome.",
        tuple(
            ("_total", (*base, ("outcome", outcome)), float(count))
            for outcome, count in sorted(outcomes.items())
        ),
    )
    ever = run_statistics(journals.runs, ()).checks
    now = {check.name: check.seconds for check in summary.runs.checks}
    labels = {check.name: (*base, ("check", check.name)) for check in ever}
    yield _Family(
        "localci_check_results",
        "counter",
        "Results of checks by outcome; reused ones did not run.",
        tuple(
            ("_total", (*labels[check.name], ("outcome", outcome)), float(count))
            for check in ever
            for outcome, count in _results(check.outcomes, check.reused)
        ),
    )
    yield _Family(
        "localci_check_seconds",
        "summary",
        "How long the commands of checks took; quantiles of the window.",
        tuple(
            sample
            for check in ever
            if check.seconds is not None
            for sample in _summary(check.seconds, now.get(check.name), labels[check.name])
        ),
        "seconds",
    )
    shares = own_share(journals.runs).shares
    yield _Family(
        "localci_own_share_ratio",
        "summary",
        "The part of runs of 10 s and more in which no command ran; quantiles of the window.",
        () if shares is None else tuple(_summary(shares, summary.own_share.shares, base)),
        "ratio",
    )


def _first_outcomes(rate: Rate) -> Iterable[tuple[str, int]]:
    return ((DELIVERED, rate.delivered), (WAITING, rate.total - rate.delivered))


def _results(outcomes: Mapping[str, int], reused: int) -> Iterable[tuple[str, int]]:
    return sorted({**outcomes, **({"reused": reused} if reused else {})}.items())


def _summary(
    ever: Spread, now: Spread | None, labels: Labels
) -> Iterator[tuple[str, Labels, float]]:
    if now is not None:
        for quantile, value in (("0.5", now.median), ("0.95", now.p95), ("1.0", now.most)):
            yield "", (*labels, ("quantile", quantile)), value
    yield "_count", labels, float(ever.count)
    yield "_sum", labels, ever.total


def _escaped(text: str) -> str:
    return harmless(text).translate(_ESCAPES)
