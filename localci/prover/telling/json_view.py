"""A run for machines: each event is one JSON object on a line of standard output."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from localci.console import say
from localci.prover.telling.event_json import encode_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from localci.prover.run.events import Event


class JsonView:
    """Writes events as they come, and at once. `clock` gives seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def tell(self, event: Event) -> None:
        """Write an event. Raises BrokenPipeError where nobody reads any more."""
        line = json.dumps(encode_event(event, self._clock()), separators=(",", ":"))
        # In a hosted job's log `##[` is a command to its runner wherever it stands. A `#` occurs
        # only in strings, where an escape means the same.
        say(line.replace("##", "#\\u0023"))

    def tick(self) -> None:
        """Have nothing to say about time."""

    def close(self) -> None:
        """Have nothing to let go of."""
