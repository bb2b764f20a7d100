"""Who is told of a run: standard error for people, standard output for machines, or a terminal."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from localci.prover.telling.failures import FailuresAtEnd
from localci.prover.telling.json_view import JsonView
from localci.prover.telling.live_view import LiveView, PassingView
from localci.prover.telling.made_files import MadeFilesAtEnd
from localci.prover.telling.plain_view import PlainView
from localci.prover.telling.terminal import has_colours, is_live, open_controlling_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TextIO

    from localci.prover.run.events import Event, View


class Several:
    """Passes everything on to several views, in their order."""

    def __init__(self, views: tuple[View, ...]) -> None:
        self._views = views

    def tell(self, event: Event) -> None:
        """Tell every view."""
        for view in self._views:
            view.tell(event)

    def tick(self) -> None:
        """Give every view the word."""
        for view in self._views:
            view.tick()

    def close(self) -> None:
        """Close every view, also where one fails."""
        with contextlib.ExitStack() as closing:
            for view in reversed(self._views):
                closing.callback(view.close)


def choose_view(environ: Mapping[str, str], stderr: TextIO, *, json: bool) -> View:
    """Return who is told of a run: people on `stderr`, and with `json` machines on stdout.

    Where both are one terminal the machine's lines stand alone.
    """
    if json and sys.stdout.isatty():
        return JsonView()
    machines = (JsonView(),) if json else ()
    return Several((*machines, *_for_people(environ, stderr)))


def _for_people(environ: Mapping[str, str], stderr: TextIO) -> Iterator[View]:
    colours = has_colours(environ, stderr)
    if environ.get("PRE_COMMIT"):
        # pre-commit and prek capture what a hook writes, even if they give it a pseudo-terminal.
        terminal = open_controlling_terminal(environ)
        if terminal is not None:
            yield PassingView(terminal, colours=has_colours(environ, terminal))
        yield PlainView()
    elif is_live(environ, stderr):
        yield LiveView(stderr, colours=colours)
    else:
        yield PlainView()
    yield FailuresAtEnd(colours=colours)
    yield MadeFilesAtEnd()
