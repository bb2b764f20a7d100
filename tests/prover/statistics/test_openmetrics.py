"""The exposition, read by the parser of those who defined it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as read_as_plain_text

from localci.deliveries import POST
from localci.prover.record.run_entry import CheckEntry
from localci.prover.statistics.openmetrics import openmetrics_text
from localci.prover.statistics.summary import Journals, summarise
from localci.prover.statistics.window import Window
from support.journals import DAY, NOW, delivery, run_entry

if TYPE_CHECKING:
    from prometheus_client import Metric
    from prometheus_client.samples import Sample

JOURNALS = Journals(
    [
        delivery(40, attempts=5),
        delivery(2, attempts=1, seconds=0.25),
        delivery(1, is_delivered=False),
        delivery(1, what=POST, remote="forge"),
    ],
    [
        run_entry(1, 40, checks=[CheckEntry("lint", "passed", 9.0)]),
        run_entry(2, 1, checks=[CheckEntry("lint", "passed", 2.0)], exit_code=1),
        run_entry(3, 1, checks=[CheckEntry("lint", "passed", 2.0, reused=True)], own=2.0),
    ],
)


def exposed(journals: Journals, repository: str = "app-1") -> str:
    return openmetrics_text(summarise(journals, Window(NOW, 30 * DAY), 3), journals, repository)


def families(text: str) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(text)}


def samples(family: Metric, *labels: str) -> dict[tuple[str, ...], float]:
    return {
        (one.name.removeprefix(family.name), *(one.labels.get(label, "") for label in labels)): (
            one.value
        )
        for one in family.samples
    }


def test_counters_count_all_that_was_ever_written_down() -> None:
    read = families(exposed(JOURNALS))

    assert samples(read["localci_deliveries"], "kind", "remote", "outcome") == {
        ("_total", "notes", "origin", "delivered"): 2,
        ("_total", "notes", "origin", "waiting"): 1,
        ("_total", "post", "forge", "delivered"): 1,
    }
    assert samples(read["localci_delivery_results"], "kind", "outcome") == {
        ("_total", "notes", "delivered"): 2,
        ("_total", "notes", "waiting"): 1,
        ("_total", "post", "delivered"): 1,
        ("_total", "post", "waiting"): 0,
    }
    assert samples(read["localci_delivery_attempts"], "kind")["_total", "notes"] == 7
    assert samples(read["localci_runs"], "outcome") == {
        ("_total", "failed"): 1,
        ("_total", "passed"): 2,
    }
    assert samples(read["localci_check_results"], "check", "outcome") == {
        ("_total", "lint", "passed"): 2,
        ("_total", "lint", "reused"): 1,
    }


def test_gauges_and_quantiles_are_of_the_window() -> None:
    read = families(exposed(JOURNALS))

    ratios = samples(read["localci_delivered_at_once_ratio"], "kind")
    assert ratios == {("", "notes"): 0.5, ("", "post"): 1.0}
    checks = samples(read["localci_check_seconds"], "quantile")
    assert (checks["", "0.5"], checks["_count", ""], checks["_sum", ""]) == (2.0, 2, 11.0)
    shares = samples(read["localci_own_share_ratio"], "quantile")
    assert (shares["", "0.5"], shares["", "1.0"]) == (0.05, pytest.approx(2 / 21))
    assert samples(read["localci_waiting_lines"]) == {("",): 3}


def test_units_stand_in_the_names() -> None:
    for family in families(exposed(JOURNALS)).values():
        assert family.documentation
        assert family.name.endswith(family.unit)


def test_nothing_recorded_is_still_an_exposition() -> None:
    text = exposed(Journals([], []))

    assert text.endswith("# EOF\n")
    assert set(families(text)) == {"localci_waiting_lines", "localci_window_seconds"}


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", "üb er", 'x"} 1\n# EOF\n'])
def test_no_name_breaks_out_of_its_label(name: str) -> None:
    journals = Journals([delivery(remote=name)], [])

    found = families(exposed(journals, repository=name))["localci_last_delivery_timestamp_seconds"]

    (sample,) = found.samples
    assert sample.labels["remote"] == name.replace("\n", "\\n")
    assert sample.labels["repository"] == sample.labels["remote"]
    assert sample.value == NOW - DAY


def test_a_collector_of_the_older_text_format_reads_the_same_values() -> None:
    text = exposed(JOURNALS)
    old = [one for family in read_as_plain_text(text) for one in family.samples]
    new = [one for family in families(text).values() for one in family.samples]

    def values(found: list[Sample]) -> set[tuple[object, ...]]:
        return {(one.name, tuple(sorted(one.labels.items())), one.value) for one in found}

    assert values(old) == values(new)
