"""The statistics as programs read them."""

from __future__ import annotations

import json
import re

from localci.prover.record.run_entry import CheckEntry
from localci.prover.statistics.encoding import encode_summary
from localci.prover.statistics.summary import Journals, summarise
from localci.prover.statistics.window import Window
from support.isolation import PROJECT
from support.journals import DAY, NOW, delivery, run_entry

JOURNALS = Journals(
    [delivery(2), delivery(1, is_delivered=False)],
    [run_entry(1, checks=[CheckEntry("lint", "passed", 2.0)])],
)


def test_ratios_are_told_beside_their_targets() -> None:
    told = encode_summary(summarise(JOURNALS, Window(NOW, 30 * DAY), 1))

    assert told["targets"] == {"delivered_at_once_ratio": 0.99, "own_share_ratio": 0.05}
    deliveries = told["deliveries"]
    assert isinstance(deliveries, dict)
    assert (deliveries["delivered_at_once_ratio"], deliveries["target_met"]) == (0.5, False)
    share = told["own_share"]
    assert isinstance(share, dict)
    assert share["ratio"] == {"count": 1, "median": 0.05, "p95": 0.05, "max": 0.05}
    assert (told["waiting_lines"], told["since"]) == (1, "2026-10-22T21:00:00Z")


def test_where_nothing_is_recorded_there_are_the_same_fields() -> None:
    full = encode_summary(summarise(JOURNALS, Window(NOW, DAY), 0))
    blank = encode_summary(summarise(Journals([], []), Window(NOW, DAY), 0))

    assert blank.keys() == full.keys()
    assert json.loads(json.dumps(blank))["runs"]["total"] == 0


def test_every_field_is_described() -> None:
    text = (PROJECT / "docs" / "monitoring.md").read_text("utf-8")
    told = json.dumps(encode_summary(summarise(JOURNALS, Window(NOW, 30 * DAY), 1)))

    fields = set(re.findall(r'"([a-z0-9_]+)": ', told)) - {"passed", "failed", "lint"}
    assert fields <= set(re.findall(r"`([a-z0-9_]+)`", text))
