"""What the administrator of a plain git server asks of pushes, in the server's git configuration.

`localci.protected` (any number of patterns; else the branch that HEAD names),
`localci.policyDigest` and `localci.allowDeletes`. git obeys this configuration already while it
receives a push: it is the server's own, and no pusher can write there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.config.branch_patterns import branch_matches, short_branch
from localci.errors import GitError, UsageError
from localci.formats.object_ids import is_sha256
from localci.git.command import repository_environment, run_git
from localci.git.listed_refs import Listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localci.git.discovery import RepositoryPaths

_SECTION: Final = "localci."
_PROTECTED: Final = "localci.protected"
_DIGEST: Final = "localci.policydigest"
_DELETES: Final = "localci.allowdeletes"
_KNOWN: Final = {
    _PROTECTED: "localci.protected",
    _DIGEST: "localci.policyDigest",
    _DELETES: "localci.allowDeletes",
}
_HEADS: Final = "refs/heads/"
_WILD: Final = frozenset("*?")
# With --quiet it says nothing and ends with 1 for a ref that is not symbolic; else there are words.
_NOT_SYMBOLIC: Final = "git symbolic-ref: exit code 1"
_BOOLEANS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0", ""), False),
}


class ServerRules(NamedTuple):
    """Which branches are protected, which first policy is right (SHA-256), whether they may go."""

    protected: tuple[str, ...]
    policy_digest: str = ""
    allow_deletes: bool = False
    by_head: bool = False
    """Whether nobody named a pattern, so that the branch of HEAD is the only one."""

    def protects(self, ref: str) -> bool:
        """Tell whether a ref, by its full name, is a protected branch."""
        return ref.startswith(_HEADS) and any(
            branch_matches(pattern, short_branch(ref)) for pattern in self.protected
        )

    def named(self) -> tuple[str, ...]:
        """Return the full names of the branches that are protected by just their names."""
        return tuple(f"{_HEADS}{name}" for name in self.protected if _WILD.isdisjoint(name))


def read_server_rules(repository: RepositoryPaths, listed: Listed) -> ServerRules:
    """Read the rules of a server's repository with these refs.

    Raises UsageError where a setting is not understood, or no branch would be protected.
    """
    values = _read_section(repository)
    for key in values:
        if key not in _KNOWN:
            known = ", ".join(_KNOWN.values())
            raise UsageError(f"git's setting {key} is not known", then=f"these are: {known}")
    digest = values.get(_DIGEST, [""])[-1].lower()
    if digest and not is_sha256(digest):
        raise UsageError(
            f"{_KNOWN[_DIGEST]} is not 64 hex digits",
            then="`sha256sum .localci/policy.toml` prints them",
        )
    deletes = _BOOLEANS.get(values.get(_DELETES, [""])[-1].lower())
    if deletes is None:
        raise UsageError(f"{_KNOWN[_DELETES]} is neither true nor false")
    protected = tuple(short_branch(pattern) for pattern in values.get(_PROTECTED, ()))
    if not all(protected):
        raise UsageError(
            f"a pattern of {_KNOWN[_PROTECTED]} is empty, and protects nothing",
            then="`git config --unset-all localci.protected '^$'` takes it away",
        )
    if protected:
        return ServerRules(protected, digest, deletes)
    return ServerRules((_default_branch(repository, listed),), digest, deletes, by_head=True)


def list_refs(repository: RepositoryPaths) -> Listed:
    """Return all refs of a server's repository, also those that it hides from whoever fetches.

    A symbolic ref that leads to nothing yet is not among them: see `follow`. Raises GitError.
    """
    found = Listed({}, {})
    rows = _ask(repository, "for-each-ref", "--format=%(objectname) %(refname)%00%(symref)")
    for row in rows.split("\n"):
        value, _, rest = row.partition(" ")
        name, _, target = rest.partition("\0")
        if name:
            found.refs[name] = value
        if target:
            found.symrefs[name] = target
    return found


def follow(repository: RepositoryPaths, listed: Listed, names: Iterable[str]) -> Listed:
    """Return the refs with those of `names` that lead to a ref which does not exist yet.

    A push to such a name makes that ref. Raises GitError.
    """
    unknown = dict.fromkeys(name for name in names if name not in listed.refs)
    led = {name: leads_to(repository, name) for name in unknown}
    found = {name: target for name, target in led.items() if target}
    return listed._replace(symrefs=listed.symrefs | found)


def leads_to(repository: RepositoryPaths, name: str) -> str:
    """Return the ref at the end of a symbolic one, empty where `name` is none. Raises GitError."""
    try:
        return _ask(repository, "symbolic-ref", "--quiet", name).rstrip("\n")
    except GitError as error:
        # A name that git takes for none leads nowhere either; what it would become git refuses.
        if error.what == _NOT_SYMBOLIC or "No such ref" in error.what:
            return ""
        raise


def _read_section(repository: RepositoryPaths) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for row in _ask(repository, "config", "--list", "-z").split("\0"):
        key, equals, value = row.partition("\n")
        if key.startswith(_SECTION):
            # A key without any value means "true" to git; a pattern it is not.
            values.setdefault(key, []).append(value if equals or key == _PROTECTED else "true")
    return values


def _default_branch(repository: RepositoryPaths, listed: Listed) -> str:
    then = "name what is protected: `git config --add localci.protected main`"
    try:
        head = _ask(repository, "symbolic-ref", "HEAD").rstrip("\n")
    except GitError:
        raise UsageError("HEAD names no branch, so that none is protected", then=then) from None
    branch = short_branch(head)
    if head not in listed.refs and any(name.startswith(_HEADS) for name in listed.refs):
        raise UsageError(
            f"HEAD names the branch {branch}, which is not here, so that none is protected",
            then=then,
        )
    return branch


def _ask(repository: RepositoryPaths, *arguments: str) -> str:
    answer = run_git(
        arguments,
        directory=repository.git_dir,
        environment=repository_environment(repository.git_dir),
    )
    return answer.decode("utf-8", "surrogateescape")
