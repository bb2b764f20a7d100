"""The statistics as a person reads them, in lines of a given width."""

from __future__ import annotations

import math
import re
import textwrap
from typing import TYPE_CHECKING, Final

from localci.console import clip, harmless
from localci.deliveries import POST
from localci.formats.figures_text import counted
from localci.formats.timestamps import format_day, format_timestamp
from localci.prover.statistics import deliveries, own_share
from localci.prover.statistics.runs import OUTCOMES
from localci.prover.statistics.window import DAY
from localci.prover.telling.wording import duration, whole_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.prover.statistics.deliveries import Period, Rate, Route
    from localci.prover.statistics.own_share import OwnShare
    from localci.prover.statistics.runs import CheckStatistics
    from localci.prover.statistics.summary import Summary

MOST_PERIODS: Final = 14
"""Days or weeks that a person is told; --json tells all."""
_ROW: Final = "{:<12}{:>7}{:>10}{:>11}"
_LONGEST_REASON: Final = 200
_HOUR: Final = 3600
_LIKE_BEFORE: Final = 0.05
"""By how much a median may differ and still be called the same."""
_INDENT: Final = "  "
_BLANK: Final = "nothing is recorded yet; after `localci run` and `git push` there is"
_UNIT: Final = re.compile(r"(?<=\d) (?=(?:%|s|m|h)\b|%)")
_NO_BREAK: Final = "\u00a0"


def stats_lines(summary: Summary, width: int) -> Iterator[str]:
    """Yield the lines of `localci stats`; none is longer than `width`."""
    if summary.is_blank and not summary.waiting:
        yield from _wrapped("", _BLANK, width)
        return
    for section in (_deliveries, _periods, _runs, _own_share):
        yield from section(summary, width)


def span_text(seconds: float) -> str:
    """Say how long a window is: `30 days`, `12 hours`."""
    for unit, word in ((DAY, "day"), (_HOUR, "hour")):
        if seconds % unit == 0 and seconds > unit:
            return counted(int(seconds // unit), word)
    return whole_duration(seconds)


def percent(ratio: float) -> str:
    """Say a part in percent, cut off after one place: 99 % is said of nothing that is below."""
    return f"{math.floor(ratio * 1000 + 1e-9) / 10:.1f} %"


def _deliveries(summary: Summary, width: int) -> Iterator[str]:
    span = span_text(summary.window.seconds)
    if not summary.routes:
        yield from _wrapped("", f"deliveries: none in the last {span}", width)
    else:
        head = f"deliveries, last {span}: {_rate_text(summary.rate)}; {_judged(summary.rate)}"
        yield from _wrapped("", head, width)
    for route in summary.routes:
        yield from _route(route, width)
    if summary.waiting:
        waits = counted(summary.waiting, "result")
        yield from _wrapped(_INDENT, f"{waits} in the outbox now; `localci sync` delivers", width)
    elif summary.rate.is_missed:
        yield from _wrapped(_INDENT, "nothing waits now; `localci doctor` looks for causes", width)
    else:
        yield f"{_INDENT}nothing waits now"


def _route(route: Route, width: int) -> Iterator[str]:
    what = "posts" if route.what == POST else route.what
    attempts, seconds = route.attempts, route.seconds
    yield from _wrapped(_INDENT, f"{what} to {route.remote}: {_rate_text(route.rate)}", width)
    tried = (f"{figure:g}" for figure in (attempts.median, attempts.p95, attempts.most))
    took = (duration(figure) for figure in (seconds.median, seconds.p95, seconds.most))
    said = [
        "attempts: median {}, 95 % within {}, most {}".format(*tried),
        "time: median {}, 95 % within {}, longest {}".format(*took),
    ]
    if failure := route.last_failure:
        reason = clip(failure.reason or "no reason is known", _LONGEST_REASON)
        said.append(f"the last that had to wait, {format_timestamp(failure.at)}: {reason}")
    for line in said:
        yield from _wrapped(_INDENT * 2, line, width)


def _periods(summary: Summary, width: int) -> Iterator[str]:  # noqa: ARG001 - fits into 40
    shown = summary.periods[-MOST_PERIODS:]
    if len(shown) <= 1:
        return
    yield ""
    first = "day" if summary.window.days == 1 else "week of"
    yield _ROW.format(first, "sent", "at once", "median")
    for period in shown:
        yield _period_row(period)


def _period_row(period: Period) -> str:
    at_once = "-" if period.rate.ratio is None else percent(period.rate.ratio)
    time = duration(period.seconds.median)
    return _ROW.format(format_day(period.begins), period.rate.total, at_once, time)


def _runs(summary: Summary, width: int) -> Iterator[str]:
    runs, span = summary.runs, span_text(summary.window.seconds)
    yield ""
    if not runs.total:
        yield from _wrapped("", f"runs: none in the last {span}", width)
        return
    ends = ", ".join(f"{runs.outcomes[one]} {_word(one)}" for one in OUTCOMES if runs.outcomes[one])
    yield from _wrapped("", f"runs, last {span}: {runs.total}: {ends}", width)
    if runs.reused_ratio:
        said = f"{percent(runs.reused_ratio)} of the checks' results were reused"
        yield from _wrapped(_INDENT, said, width)
    for check in runs.checks:
        yield from _wrapped(_INDENT, f"{check.name}: {_check_text(check)}", width)


def _check_text(check: CheckStatistics) -> str:
    if check.seconds is None:
        reused = f", reused {counted(check.reused, 'time')}" if check.reused else ""
        return f"never ran to its end{reused}"
    said = (
        f"median {duration(check.seconds.median)}, 95 % within {duration(check.seconds.p95)},"
        f" last {duration(check.last or 0.0)}; {counted(check.ran, 'run')}"
    )
    failed = check.outcomes.get("failed", 0)
    said += f", {failed} failed" if failed else ""
    return said if check.trend is None else f"{said}; {_trend_text(check.trend)}"


def _trend_text(trend: float) -> str:
    if abs(trend - 1) <= _LIKE_BEFORE:
        return "as long as before"
    return f"{100 * abs(trend - 1):.0f} % {'longer' if trend > 1 else 'shorter'} than before"


def _own_share(summary: Summary, width: int) -> Iterator[str]:
    own = summary.own_share
    if own.shares is None and own.short_seconds is None:
        return
    yield ""
    yield "localci's own share of runs"
    if own.shares is not None:
        shares, limit = own.shares, f"{100 * own_share.TARGET:g} %"
        judged = f"{own.within} of {counted(shares.count, 'run')} below {limit}"
        said = f"median {_share(shares.median)}, most {_share(shares.most)}; {judged}"
        yield from _wrapped(_INDENT, said, width)
        yield from _wrapped(_INDENT, _parts_text(own), width)
    if own.short_seconds is not None:
        least = whole_duration(own_share.LEAST_SECONDS)
        number = counted(own.short_seconds.count, "run")
        said = f"median {duration(own.short_seconds.median)} in {number} shorter than {least}"
        yield from _wrapped(_INDENT, said, width)


def _parts_text(own: OwnShare) -> str:
    parts = own.parts
    waited = f"; {duration(parts.waiting)} waiting for other runs" if parts.waiting else ""
    return (
        f"medians: {duration(parts.preparing)} before the first command,"
        f" {duration(parts.between)} between commands, {duration(parts.concluding)} after the last,"
        f" {duration(parts.publishing)} publishing{waited}"
    )


def _rate_text(rate: Rate) -> str:
    if rate.ratio is None:
        return "nothing new"
    return f"{rate.delivered} of {rate.total} arrived at once, {percent(rate.ratio)}"


def _judged(rate: Rate) -> str:
    target = f"the target of {100 * deliveries.TARGET:g} %"
    if rate.total < deliveries.ENOUGH:
        return f"too few to judge by {target}"
    return f"{target} is {'missed' if rate.is_missed else 'met'}"


def _share(ratio: float) -> str:
    return f"{100 * ratio:.1f} %"


def _word(outcome: str) -> str:
    return outcome.replace("no-verdict", "without verdict")


def _wrapped(indent: str, text: str, width: int) -> Iterator[str]:
    lines = textwrap.wrap(
        _UNIT.sub(_NO_BREAK, harmless(text)),
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}{_INDENT}",
        break_on_hyphens=False,
    )
    yield from (line.replace(_NO_BREAK, " ") for line in lines)
