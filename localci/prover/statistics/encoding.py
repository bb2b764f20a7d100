"""The statistics as `localci stats --json` prints them; docs/monitoring.md says what each is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.formats.timestamps import format_timestamp
from localci.prover.statistics import deliveries, own_share
from localci.prover.statistics.runs import OUTCOMES

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject
    from localci.prover.statistics.deliveries import Period, Rate, Route
    from localci.prover.statistics.own_share import OwnShare
    from localci.prover.statistics.runs import CheckStatistics, RunStatistics
    from localci.prover.statistics.spread import Spread
    from localci.prover.statistics.summary import Summary


def encode_summary(summary: Summary) -> JsonObject:
    """Return the statistics as JSON. A name, once published, keeps its meaning and its unit."""
    return {
        "now": format_timestamp(summary.window.now),
        "since": format_timestamp(summary.window.since),
        "targets": {
            "delivered_at_once_ratio": deliveries.TARGET,
            "own_share_ratio": own_share.TARGET,
        },
        "deliveries": {
            **_rate(summary.rate),
            "routes": [_route(route) for route in summary.routes],
            "period_days": summary.window.days,
            "periods": [_period(period) for period in summary.periods],
        },
        "waiting_lines": summary.waiting,
        "runs": _runs(summary.runs),
        "own_share": _own_share(summary.own_share),
    }


def _rate(rate: Rate) -> JsonObject:
    return {
        "total": rate.total,
        "delivered_at_once": rate.delivered,
        "delivered_at_once_ratio": _rounded(rate.ratio),
        "target_met": rate.is_met,
    }


def _route(route: Route) -> JsonObject:
    failure = route.last_failure
    return {
        "kind": route.what,
        "remote": route.remote,
        **_rate(route.rate),
        "items": route.items,
        "attempts": _spread(route.attempts),
        "seconds": _spread(route.seconds),
        "last_at": format_timestamp(route.last_at),
        "last_failure": None
        if failure is None
        else {"at": format_timestamp(failure.at), "reason": failure.reason},
    }


def _period(period: Period) -> JsonObject:
    return {
        "begins": format_timestamp(period.begins),
        **_rate(period.rate),
        "attempts": _spread(period.attempts),
        "seconds": _spread(period.seconds),
    }


def _runs(runs: RunStatistics) -> JsonObject:
    return {
        "total": runs.total,
        "outcomes": {outcome: runs.outcomes.get(outcome, 0) for outcome in OUTCOMES},
        "reused_ratio": _rounded(runs.reused_ratio),
        "checks": [_check(check) for check in runs.checks],
    }


def _check(check: CheckStatistics) -> JsonObject:
    return {
        "name": check.name,
        "ran": check.ran,
        "passed": check.outcomes.get("passed", 0),
        "failed": check.outcomes.get("failed", 0),
        "no_verdict": check.outcomes.get("no-verdict", 0),
        "reused": check.reused,
        "seconds": _spread(check.seconds),
        "last_seconds": check.last,
        "median_seconds_before": check.before,
        "trend_ratio": _rounded(check.trend),
    }


def _own_share(own: OwnShare) -> JsonObject:
    return {
        "least_run_seconds": own_share.LEAST_SECONDS,
        "ratio": _spread(own.shares),
        "runs_below_target": own.within,
        "target_met": own.is_met,
        "median_preparing_seconds": own.parts.preparing,
        "median_between_seconds": own.parts.between,
        "median_concluding_seconds": own.parts.concluding,
        "median_publishing_seconds": own.parts.publishing,
        "median_waiting_seconds": own.parts.waiting,
        "shorter_runs_seconds": _spread(own.short_seconds),
    }


def _spread(found: Spread | None) -> JsonObject | None:
    if found is None:
        return None
    return {
        "count": found.count,
        "median": _rounded(found.median),
        "p95": _rounded(found.p95),
        "max": _rounded(found.most),
    }


def _rounded(figure: float | None) -> float | None:
    """Return a figure without the noise of its last digits."""
    return None if figure is None else round(figure, 6)
