"""One project for many hostile notes: made once a module, its note written anew by each test."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from localci.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, encode_envelope, pae
from localci.formats.statement import Statement, encode_statement
from localci.formats.strict_json import dumps_canonical
from support.attested import attach, document, make_feature, passed_check, tree_of
from support.isolation import Homes, isolated
from support.keys import sign
from support.note_trees import write_notes
from support.project import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.formats.result import CheckResult, ResultDocument
    from support.keys import Keys
    from support.project import Project


@dataclass(frozen=True)
class Scene:
    """A project that trusts Ada, with a commit on a feature branch; and people who sign for it."""

    project: Project
    home: Path
    """A GnuPG home with everybody's secret keys."""
    keys: Keys

    @property
    def head(self) -> str:
        return self.project.head

    @property
    def tree(self) -> str:
        return tree_of(self.project.path)

    def document(self, **changes: Any) -> ResultDocument:
        """Return the document of a run on HEAD that passed ten seconds ago."""
        return document(self.project.path, **changes)

    def check(self, **changes: Any) -> CheckResult:
        """Return the check `tests` of HEAD, passed."""
        return passed_check(self.project.path, **changes)

    def payload(self, of: ResultDocument | None = None, **changes: Any) -> bytes:
        """Return the statement about a document; `changes` replace fields of the statement."""
        of = self.document() if of is None else of
        payload = encode_statement(Statement(of.commit, of.tree, REPOSITORY, of))
        return dumps_canonical(json.loads(payload) | changes) if changes else payload

    def line(
        self,
        payload: bytes | None = None,
        *options: str,
        by: str = "ada",
        over: bytes | None = None,
        payload_type: str = PAYLOAD_TYPE,
        keyid: str | None = None,
    ) -> bytes:
        """Return a signed line; gpg takes `options`, `over` is signed instead of the PAE."""
        payload = self.payload() if payload is None else payload
        fingerprint = self.keys[by].fingerprint
        data = pae(payload_type, payload) if over is None else over
        signature = Signature(
            fingerprint if keyid is None else keyid, sign(self.home, fingerprint, data, *options)
        )
        return encode_envelope(Envelope(payload, payload_type, (signature,)))

    def hang(self, *lines: bytes, on: str = "") -> None:
        """Let the only note be these lines, on HEAD or another object."""
        attach(self.project.path, {on or self.head: lines})

    def hang_raw(self, note: bytes, on: str = "") -> None:
        """Let the only note be these very bytes."""
        write_notes(self.project.path, {on or self.head: note})


@contextlib.contextmanager
def own_environment() -> Iterator[Homes]:
    """Give homes of one's own, in the environment, to what lives longer than a test."""
    homes = Homes(Path(tempfile.mkdtemp(prefix="lci-", dir="/tmp")))
    homes.create()
    wanted = isolated(os.environ, homes)
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - wanted.keys():
            patch.delenv(name)
        for name, value in wanted.items():
            patch.setenv(name, value)
        yield homes
    homes.remove()


@contextlib.contextmanager
def make_scene(directory: Path, keys: Keys, *known: str) -> Iterator[Scene]:
    """Make a scene; the secret keys of all who are `known` are at hand, Ada alone is trusted."""
    with own_environment() as homes:
        for name in {"ada", *known}:
            keys[name].add_to(homes.gnupg)
        project = make_feature(directory, keys["ada"])
        yield Scene(project, homes.gnupg, keys)
