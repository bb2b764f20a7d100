from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.formats.repository_name import normalise_repository, repository_uri


@pytest.mark.parametrize(
    "address",
    [
        "github.com/acme/app",
        "github.com/acme/app/",
        "github.com/acme/app.git",
        "github.com/acme/app.git/",
        "GitHub.COM/acme/app",
        " github.com/acme/app\n",
        "https://github.com/acme/app",
        "https://github.com/acme/app.git",
        "https://github.com/acme/app.git//",
        "https://github.com//acme/app",
        "HTTPS://GITHUB.COM/acme/app",
        "https://github.com:443/acme/app",
        "https://ada@github.com/acme/app.git",
        "https://ada:s3cret@github.com:8443/acme/app.git",
        "https://ada:p@ss@github.com/acme/app",
        "http://github.com/acme/app",
        "git://github.com/acme/app.git",
        "git+https://github.com/acme/app",
        "ssh://git@github.com/acme/app.git",
        "ssh://git@github.com:22/acme/app.git",
        "git+ssh://git@github.com/acme/app.git",
        "git@github.com:acme/app.git",
        "git@GitHub.com:/acme/app.git",
        "github.com:acme/app",
    ],
)
def test_every_way_to_one_repository_has_one_name(address: str) -> None:
    assert normalise_repository(address) == "github.com/acme/app"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://github.com/Acme/App", "github.com/Acme/App"),
        ("https://github.com/acme/app.github.io", "github.com/acme/app.github.io"),
        ("https://github.com/acme/app.git.git", "github.com/acme/app"),
        ("https://example.org/a/b:c/d", "example.org/a/b:c/d"),
        ("https://[::1]:8080/app", "[::1]/app"),
        ("git@[::1]:app.git", "[::1]/app"),
        ("[::1]/app", "[::1]/app"),
        ("/srv/git/app.git", "/srv/git/app"),
        ("/srv/git/a:b", "/srv/git/a:b"),
        ("file:///srv/git/app.git", "/srv/git/app"),
        ("../app.git", "../app"),
        ("git@example.org:~ada/app.git", "example.org/~ada/app"),
        ("https://example.org", "example.org"),
        ("git+https://example.org/git?p=app#main", "example.org/git?p=app#main"),
        ("https://example.org?p=app", "example.org/?p=app"),
        ("/", ""),
        ("", ""),
        ("  ", ""),
    ],
)
def test_what_tells_repositories_apart_is_kept(address: str, name: str) -> None:
    assert normalise_repository(address) == name


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/acme/app2",
        "https://github.com.evil.org/acme/app",
        "https://evil.org/github.com/acme/app",
        "https://github.com@evil.org/acme/app",
        "https://github.com/acme/App",
        "https://github.com/acme/x/../app",
        "https://github.com/acme/app?x",
        "https://github.com/acme/app#x",
        "https://github.com/acme%2Fapp",
        "git@github.com.evil.org:acme/app",
        "/github.com/acme/app",
        "./github.com/acme/app",
        "github.com/acme/app.git/x",
    ],
)
def test_another_repository_has_another_name(address: str) -> None:
    assert normalise_repository(address) != "github.com/acme/app"


paths = st.from_regex(r"(/{0,2}[A-Za-z0-9.~:@+_-]{1,6}){1,3}(\.git){0,2}/{0,2}", fullmatch=True)
hosts = st.sampled_from(["github.com", "GitHub.com", "[::1]", "localhost", "10.0.0.1"])


@given(
    st.sampled_from(["https://", "ssh://git@", "git+https://a:b@", "http://:80@"]),
    hosts,
    st.sampled_from(["", ":", ":8080"]),
    paths,
)
def test_a_normal_form_is_its_own_normal_form(start: str, host: str, port: str, path: str) -> None:
    once = normalise_repository(f"{start}{host}{port}/{path}")
    assert normalise_repository(once) == once
    assert normalise_repository(repository_uri(once)) == once
    assert once.startswith(host.lower())
