from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from localci.errors import NO_VERDICT, USAGE
from support.project import Project
from support.repositories import commit, git, make_bare, make_repository, try_git, write_hook

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes


@pytest.fixture
def project(tmp_path: Path) -> Project:
    path = make_repository(tmp_path / "app", {"a": "1"})
    remote = make_bare(tmp_path / "r.git")
    git(path, "remote", "add", "origin", str(remote))
    return Project(path, remote)


def hook_of(project: Project) -> Path:
    return project.path / ".git" / "hooks" / "pre-push"


def test_the_hook_names_the_interpreter_that_installed_it(project: Project) -> None:
    done = project.localci("install")

    assert done.code == 0
    assert str(hook_of(project)) in done.output
    assert f"python='{sys.executable}'" in hook_of(project).read_text()


def test_twice_changes_nothing(project: Project) -> None:
    project.localci("install")
    before = hook_of(project).read_text()

    done = project.localci("install")

    assert done.code == 0
    assert "installed already" in done.output
    assert hook_of(project).read_text() == before
    assert not list(hook_of(project).parent.glob("*before*"))


def test_a_hook_that_was_there_is_kept_and_runs_first(project: Project, tmp_path: Path) -> None:
    write_hook(project.path, "pre-push", f'cat > "{tmp_path}/told"; echo "$@" > "{tmp_path}/args"')
    project.localci("install")

    pushed = try_git(project.path, "push", "origin", "main")

    assert (tmp_path / "told").read_text().startswith("refs/heads/main ")
    assert (tmp_path / "args").read_text().startswith("origin ")
    assert "no localci.toml" in pushed.stderr  # ours ran too, and was told the same


def test_a_hook_that_was_there_still_decides(project: Project) -> None:
    write_hook(project.path, "pre-push", "echo no; exit 7")
    project.localci("install")

    pushed = try_git(project.path, "push", "origin", "main")

    assert pushed.returncode != 0
    assert "localci" not in pushed.stderr


def test_uninstall_gives_back_what_was_there(project: Project) -> None:
    write_hook(project.path, "pre-push", "echo mine")
    before = hook_of(project).read_text()
    project.localci("install")

    done = project.localci("uninstall")

    assert done.code == 0
    assert hook_of(project).read_text() == before
    assert "no hook of localci" in project.localci("uninstall").output


def test_uninstall_leaves_the_hooks_of_others(project: Project) -> None:
    write_hook(project.path, "pre-push", "echo mine")

    project.localci("uninstall")

    assert "echo mine" in hook_of(project).read_text()


def test_a_hooks_path_outside_of_the_repository_is_not_written_to(
    project: Project, homes: Homes
) -> None:
    git(project.path, "config", "--global", "core.hooksPath", str(homes.home / "hooks"))

    done = project.localci("install")

    assert done.code == USAGE
    assert "core.hooksPath" in done.errors
    assert not (homes.home / "hooks").exists()


def test_a_linked_worktree_installs_for_the_whole_repository(
    project: Project, tmp_path: Path
) -> None:
    git(project.path, "worktree", "add", "--quiet", str(tmp_path / "tree"))

    assert Project(tmp_path / "tree", project.remote).localci("install").code == 0

    assert hook_of(project).exists()


def test_a_hook_whose_localci_has_gone_says_so_and_stops_the_push(
    project: Project, tmp_path: Path
) -> None:
    project.localci("install")
    script = hook_of(project).read_text().replace(sys.executable, str(tmp_path / "gone"))
    hook_of(project).write_text(script)

    pushed = try_git(
        project.path, "push", "origin", "main", environment={**_bare_path(), "HOME": str(tmp_path)}
    )

    assert pushed.returncode != 0
    assert "localci: not found" in pushed.stderr
    assert "git push --no-verify" in pushed.stderr


def test_the_hook_falls_back_to_the_localci_on_path(project: Project, tmp_path: Path) -> None:
    project.localci("install")
    script = hook_of(project).read_text().replace(sys.executable, str(tmp_path / "gone"))
    hook_of(project).write_text(script)
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "localci"
    fake.write_text(f'#!/bin/sh\nexec {sys.executable} -m localci "$@"\n')
    fake.chmod(0o755)
    environment = _bare_path()
    environment["PATH"] = f"{fake.parent}:{environment['PATH']}"

    pushed = try_git(project.path, "push", "origin", "main", environment=environment)

    assert "no localci.toml" in pushed.stderr


def test_hooks_that_cannot_be_written(project: Project) -> None:
    hooks = hook_of(project).parent
    for file in hooks.iterdir():
        file.unlink()
    hooks.rmdir()
    hooks.write_text("in the way")

    done = project.localci("install")

    assert done.code == NO_VERDICT
    assert f"cannot write {hooks}" in done.errors


@pytest.mark.parametrize("name", ["post-commit", "post-merge", "post-rewrite"])
def test_background_installs_beside_pre_push_what_has_new_commits_checked(
    project: Project, name: str
) -> None:
    hook = hook_of(project).with_name(name)
    project.localci("install")
    assert not hook.exists()

    done = project.localci("install", "--background")

    assert done.code == 0
    assert f"installed {hook}" in done.output
    assert f"python='{sys.executable}'" in hook.read_text()
    assert os.access(hook, os.X_OK)


def test_background_twice_changes_nothing(project: Project) -> None:
    project.localci("install", "--background")
    before = hooks_of(project)

    done = project.localci("install", "--background")

    assert done.code == 0
    assert done.output.count("installed already") == 4
    assert hooks_of(project) == before


def test_uninstall_gives_back_what_stood_in_each_place(project: Project) -> None:
    write_hook(project.path, "post-commit", "echo mine")
    write_hook(project.path, "post-rewrite", "cat")
    before = hooks_of(project)
    project.localci("install", "--background")

    done = project.localci("uninstall")

    assert done.code == 0
    assert hooks_of(project) == before


def test_a_post_commit_hook_of_others_is_still_called(project: Project, tmp_path: Path) -> None:
    write_hook(project.path, "post-commit", f'echo ran >> "{tmp_path}/ran"; exit 3')
    project.localci("install", "--background")

    commit(project.path, {"b": "1"})

    assert (tmp_path / "ran").read_text() == "ran\n"


def test_a_post_rewrite_hook_of_others_is_told_what_was_rewritten(
    project: Project, tmp_path: Path
) -> None:
    write_hook(project.path, "post-rewrite", f'cat > "{tmp_path}/told"; echo $1 > "{tmp_path}/by"')
    project.localci("install", "--background")
    before = project.head

    git(project.path, "commit", "--quiet", "--amend", "--no-verify", "-m", "Other words")

    assert (tmp_path / "told").read_text().split() == [before, project.head]
    assert (tmp_path / "by").read_text() == "amend\n"


def test_where_a_manager_has_moved_the_hook_aside_it_is_renewed_there(project: Project) -> None:
    project.localci("install", "--background")
    hook = hook_of(project).with_name("post-commit")
    hook.rename(hook.with_name("post-commit.legacy"))
    hook.write_text("#!/bin/sh\n# a manager's\n")

    done = project.localci("install", "--background")

    assert "installed already, as" in done.output
    assert hook.read_text() == "#!/bin/sh\n# a manager's\n"
    project.localci("uninstall")
    assert not hook.with_name("post-commit.legacy").exists()


def test_background_hooks_are_not_for_a_server(project: Project) -> None:
    done = project.localci("install", "--background", "--pre-receive")

    assert done.code == USAGE


def test_a_commit_goes_well_where_localci_has_gone(project: Project, tmp_path: Path) -> None:
    project.localci("install", "--background")
    hook = hook_of(project).with_name("post-commit")
    hook.write_text(hook.read_text().replace(sys.executable, str(tmp_path / "gone")))

    done = try_git(
        project.path, "commit", "--allow-empty", "-m", "More", "--quiet", environment=_bare_path()
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def hooks_of(project: Project) -> dict[str, str]:
    return {file.name: file.read_text() for file in hook_of(project).parent.iterdir()}


def test_localcis_own_pushes_do_not_call_the_hook(project: Project) -> None:
    project.localci("install")
    commit(project.path, {"b": "1"})

    pushed = try_git(
        project.path,
        "push",
        "--quiet",
        "origin",
        "main",
        environment={**os.environ, "LOCALCI_PUBLISHING": "1"},
    )

    assert pushed.returncode == 0


def _bare_path() -> dict[str, str]:
    return {**os.environ, "PATH": "/usr/bin:/bin"}
