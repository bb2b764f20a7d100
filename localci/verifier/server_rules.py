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

if TYPE_CHECKING:
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
_BOOLEANS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0", ""), False),
}


class ServerRules(NamedTuple):
    """Which branches are protected, which first policy is right (SHA-256), whether they may go."""

    protected: tuple[str, ...]
    policy_digest: str = ""
    allow_deletes: bool = False

    def protects(self, ref: str) -> bool:
        """Tell whether a ref, by its full name, is a protected branch."""
        return ref.startswith("refs/heads/") and any(
            branch_matches(pattern, short_branch(ref)) for pattern in self.protected
        )


def read_server_rules(repository: RepositoryPaths) -> ServerRules:
    """Read the rules of a server's repository.

    Raises UsageError where a setting is not understood: a misspelt rule would protect nothing.
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
    return ServerRules(protected or (_default_branch(repository),), digest, deletes)


def _read_section(repository: RepositoryPaths) -> dict[str, list[str]]:
    listed = run_git(
        ["config", "--list", "-z"],
        directory=repository.git_dir,
        environment=repository_environment(repository.git_dir),
    )
    values: dict[str, list[str]] = {}
    for row in listed.decode("utf-8", "surrogateescape").split("\0"):
        key, equals, value = row.partition("\n")
        if key.startswith(_SECTION):
            # A key without any value means "true" to git.
            values.setdefault(key, []).append(value if equals else "true")
    return values


def _default_branch(repository: RepositoryPaths) -> str:
    try:
        head = run_git(
            ["symbolic-ref", "HEAD"],
            directory=repository.git_dir,
            environment=repository_environment(repository.git_dir),
        )
    except GitError:
        raise UsageError(
            "HEAD names no branch, so that none is protected",
            then="name them: `git config --add localci.protected main`",
        ) from None
    return short_branch(head.decode("utf-8", "surrogateescape").rstrip("\n"))
