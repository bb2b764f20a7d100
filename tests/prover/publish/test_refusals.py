from __future__ import annotations

import pytest

from localci.prover.publish.refusals import Refusal, classify, describe, without_credentials

CONTENTION, DECLINED, NETWORK, NO_SUCH_REF, FINAL, UNWANTED, DAMAGE = Refusal

SSH_EPILOGUE = """\
fatal: Could not read from remote repository.

Please make sure you have the correct access rights
and the repository exists.
"""


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("[rejected] (fetch first)", CONTENTION),
        ("[rejected] (non-fast-forward)", CONTENTION),
        ("[rejected] (stale info)", CONTENTION),
        ("[remote rejected] (cannot lock ref 'refs/notes/ci': is at 1 but expected 2)", CONTENTION),
        ("[remote rejected] (failed to update ref)", CONTENTION),
        ("[remote rejected] (reference already exists)", CONTENTION),
        ("[remote rejected] (incorrect old value provided)", CONTENTION),
        ("[remote rejected] (hook declined)", DECLINED),
        ("[remote rejected] (pre-receive hook declined)", DECLINED),
        ("[remote rejected] (missing necessary objects)", DECLINED),
        ("[remote rejected] (protected branch hook declined)", UNWANTED),
        ("[remote rejected] (deny updating a hidden ref)", UNWANTED),
        ("[remote rejected] (permission denied)", UNWANTED),
        ("[remote rejected] (cannot lock ref 'x': Unable to create: Permission denied)", UNWANTED),
        ("[remote failure] (remote failed to report status)", NETWORK),
        ("[no match]", FINAL),
    ],
)
def test_what_git_says_of_the_ref_decides(status: str, kind: Refusal) -> None:
    output = f"To /remote\n!\t1234:refs/notes/ci\t{status}\nDone"

    assert classify(1, output, "error: failed to push some refs to '/remote'") is kind


@pytest.mark.parametrize(
    ("complaint", "kind"),
    [
        ("fatal: couldn't find remote ref refs/notes/ci", NO_SUCH_REF),
        (
            "error: cannot lock ref 'refs/localci/remotes/origin': is at 1 but expected 2",
            CONTENTION,
        ),
        ("fatal: Unable to create '/r/.git/packed-refs.lock': File exists.", CONTENTION),
        ("fatal: commit: couldn't set 'refs/localci/outbox'", CONTENTION),
        ("fatal: remote error: upload-pack: not our ref 1234", CONTENTION),
        ("warning: x: Permission denied\nfatal: remote error: not our ref 1", CONTENTION),
        ("fatal: unable to access 'http://h/r/': Could not resolve host: h", NETWORK),
        ("fatal: write error: No space left on device\nfatal: early EOF", FINAL),
        ("ssh: Could not resolve hostname h: Name or service not known\n" + SSH_EPILOGUE, NETWORK),
        ("ssh: connect to host h port 22: Connection refused\n" + SSH_EPILOGUE, NETWORK),
        ("ssh: connect to host h port 22: Connection timed out\n" + SSH_EPILOGUE, NETWORK),
        ("kex_exchange_identification: Connection closed by remote host\n" + SSH_EPILOGUE, NETWORK),
        ("Connection to h closed by remote host.\nfatal: early EOF", NETWORK),
        (SSH_EPILOGUE, NETWORK),
        ("fatal: the remote end hung up unexpectedly", NETWORK),
        ("error: RPC failed; curl 56 Recv failure: Connection reset by peer", NETWORK),
        ("fatal: unable to access 'http://h/r/': The requested URL returned error: 503", NETWORK),
        ("fatal: unable to access 'http://h/r/': The requested URL returned error: 429", NETWORK),
        ("fatal: unable to access 'http://h/r/': Failed to connect to h port 80", NETWORK),
        ("fatal: unable to access 'http://h/denied.git/': Empty reply from server", NETWORK),
        ("fatal: unable to access 'http://h/r/': The requested URL returned error: 403", FINAL),
        ("fatal: Authentication failed for 'http://h/r/'", FINAL),
        ("fatal: could not read Username for 'http://h': terminal prompts disabled", FINAL),
        ("fatal: repository 'http://h/r/' not found", FINAL),
        ("remote: Repository not found.\nfatal: Connection reset by peer", FINAL),
        ("ERROR: Repository not found.\n" + SSH_EPILOGUE, FINAL),
        ("git@h: Permission denied (publickey).\n" + SSH_EPILOGUE, FINAL),
        ("Host key verification failed.\n" + SSH_EPILOGUE, FINAL),
        ("fatal: '/gone' does not appear to be a git repository\n" + SSH_EPILOGUE, FINAL),
        ("fatal: server certificate verification failed. CAfile: none", FINAL),
        ("remote: connection reset by peer, said a hook\nerror: something else", FINAL),
        ("fatal: something that nobody has seen before", FINAL),
        ("fatal: expected flush after ref listing", NETWORK),
        ("fatal: expected 'acknowledgments'", NETWORK),
        ("fatal: expected 'packfile', received '?'", NETWORK),
        ("getpeername() failed with errno 107: Transport endpoint is not connected", NETWORK),
        ("error: XML error: no element found\nfatal: git-http-push failed", NETWORK),
        ("error: no DAV locking support on http://h/r/\nfatal: git-http-push failed", NETWORK),
        ("error: Cannot access URL http://h/r/, return code 52", NETWORK),
        ("fatal: could not fetch " + "1" * 40 + " from promisor remote", NETWORK),
        ("fatal: early EOF\nfatal: index-pack failed", NETWORK),
        ("fatal: index-pack failed: write error: No space left on device", FINAL),
    ],
)
def test_without_a_word_on_the_ref_the_complaint_decides(complaint: str, kind: Refusal) -> None:
    assert classify(128, "", complaint) is kind


def test_a_connection_that_ends_git_by_a_signal_and_in_silence_is_the_network() -> None:
    assert classify(141, "", "") is NETWORK
    assert classify(-13, "", "warning: this and that") is NETWORK


def test_the_reason_is_one_line_with_what_the_remote_said() -> None:
    output = "To /remote\n!\t1234:refs/notes/ci\t[remote rejected] (hook declined)\nDone"
    complaint = (
        "remote: \nremote: error: no notes here, please        \n"
        "remote: error: hook declined to update refs/notes/ci\n"
        "error: failed to push some refs to '/remote'"
    )

    assert describe(1, output, complaint) == (
        "hook declined (the remote says: no notes here, please)"
    )
    assert describe(128, "", "warning: x\nfatal: '/gone' does not appear to be") == (
        "'/gone' does not appear to be"
    )
    assert describe(141, "", "") == "git ended with code 141 and said nothing"


def test_a_password_in_an_address_is_not_repeated() -> None:
    complaint = "fatal: unable to access 'https://ada:s3c@ret@host/r.git/': no"

    assert describe(128, "", complaint) == "unable to access 'https://host/r.git/': no"
    assert without_credentials("https://token@host/a@b") == "https://host/a@b"
