"""ADD of git repositories: what is taken, what pins it, what of it stands in the key."""

import base64
import os

import pytest
from repositories import GitDaemon, PlainServer, Repository, SmartServer
from test_build import store  # noqa: F401 (a fixture)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "repositories").mkdir()
    return tmp_path / "repositories"


@pytest.fixture
def daemon(folder):
    made = GitDaemon(folder)
    yield made
    made.stop()


@pytest.fixture
def server(folder):
    made = PlainServer(folder)
    yield made
    made.stop()


@pytest.fixture
def smart(folder):
    made = SmartServer(folder)
    yield made
    made.stop()


@pytest.fixture
def add(ix, store, tmp_path):
    """Builds one ADD, and gives the folder of what it brought; or the failed run, where `fails` is its exit code."""
    count = iter(range(1000))

    def run(source, *flags, fails=0, options=(), env={}):
        number = next(count)
        context = tmp_path / f"context-{number}"
        context.mkdir()
        (context / "Dockerfile").write_text(f"FROM scratch\nADD {' '.join(flags)} {source} /r/\n")
        result = ix("build", "--network=none", *options, "-o", tmp_path / f"out-{number}", context, env=env)
        if fails:
            return result.failed(fails)
        result.ok()
        return tmp_path / f"out-{number}/r"

    return run


def names(folder):
    return sorted(os.listdir(folder))


def test_a_commit_that_pins_must_be_what_the_ref_is_at(folder, daemon, add):
    repository = Repository(folder / "r")
    first, second = repository.commit(f="1"), repository.commit(f="2")
    repository.git("tag", "light")
    repository.git("tag", "-a", "-m", "x", "heavy")
    url = f"{daemon.url}/r/.git"
    for pin in (f"tag=light&commit={second[:7]}", f"tag=heavy&commit={second}", f"commit={second}", f"ref={second}&commit={second[:9]}",
                f"tag=heavy&checksum={repository.git('rev-parse', 'heavy')[:8]}", f"tag=light&commit={second.upper()}"):  # fmt: skip
        assert (add(f"{url}?{pin}") / "f").read_text() == "2", pin
    assert (add(f"{url}?commit={first}&fetch-by-commit") / "f").read_text() == "1"
    assert (add(f"{url}?ref={first}") / "f").read_text() == "1"
    for pin in ("commit=deadbeef", f"tag=light&commit={first}", f"branch=main&checksum={first[:7]}"):
        assert second in add(f"{url}?{pin}", fails=4).stderr, pin
    for pin in ("tag=light&commit=zzz", f"ref={second}&commit={first}", "commit=abc&fetch-by-commit", f"commit={'a' * 65}"):
        add(f"{url}?{pin}", fails=1)


def test_the_checksum_flag_is_for_repositories_too(folder, daemon, add):
    repository = Repository(folder / "r")
    commit = repository.commit(f="1")
    url = f"{daemon.url}/r/.git"
    for pin in (commit, commit[:1]):
        assert names(add(url, f"--checksum={pin}")) == ["f"]
    assert "but its checksum is" in add(url, "--checksum=" + ("0" if commit[0] != "0" else "1"), fails=4).stderr
    assert "of a git repository (expected: a commit" in add(url, "--checksum=sha256:" + "0" * 64, fails=1).stderr
    assert "but --checksum is" in add(f"{url}?commit={commit[:7]}", f"--checksum={commit[:8]}", fails=1).stderr
    assert "of a URL (expected: sha256:" in add("http://127.0.0.1:1/f", f"--checksum={commit}", fails=1).stderr


def test_a_ref_is_the_one_of_that_name_and_none_that_ends_alike(folder, daemon, add):
    repository = Repository(folder / "r")
    repository.commit(f="main")
    repository.git("branch", "a/main")
    repository.git("checkout", "-q", "a/main")
    repository.commit(f="a/main")
    repository.git("tag", "both")
    repository.git("checkout", "-q", "-b", "both")
    repository.commit(f="branch both")
    repository.git("checkout", "-q", "main")
    url = f"{daemon.url}/r/.git"
    for ref, content in (("#main", "main"), ("#both", "branch both"), ("?tag=both", "a/main"), ("", "main"), ("#refs/heads/a/main", "a/main")):
        assert (add(url + ref) / "f").read_text() == content, ref
    assert "branch or tag ain not found" in add(url + "#ain", fails=4).stderr


def test_every_option_of_a_repository_stands_in_the_key(folder, daemon, add):
    Repository(folder / "sub").commit(f="sub")
    top = Repository(folder / "top")
    top.commit(**{"g": "top", "docs/d": "1"})
    top.add_submodule(f"{daemon.url}/sub/.git", "s")
    url = f"{daemon.url}/top/.git"
    assert names(add(url)) == [".gitmodules", "docs", "g", "s"]
    assert names(add(url) / "s") == ["f"]
    assert names(add(f"{url}?submodules=false") / "s") == []
    assert names(add(url) / "s") == ["f"]
    assert names(add(f"{url}?subdir=docs")) == ["d"]
    assert ".git" in names(add(f"{url}?keep-git-dir"))
    assert ".git" in names(add(url, "--keep-git-dir=true"))
    assert ".git" not in names(add(url))
    committed = add(f"{url}?mtime=commit")
    assert (committed / "g").stat().st_mtime == int(top.git("log", "-1", "--format=%ct"))
    add(f"{url}?keep-git-dir=false", "--keep-git-dir=true", fails=1)


def test_objects_may_be_named_by_sha_256(folder, daemon, add):
    repository = Repository(folder / "r", "--object-format=sha256")
    first, second = repository.commit(f="1"), repository.commit(f="2")
    url = f"{daemon.url}/r/.git"
    for ref, content in (("", "2"), ("#main", "2"), (f"#{first}", "1"), (f"?commit={second}", "2"), (f"?commit={second[:50]}", "2")):
        assert (add(url + ref) / "f").read_text() == content, ref
    assert ".git" in names(add(f"{url}?keep-git-dir"))
    add(f"{url}?commit={first}", fails=4)


def test_submodules_come_from_servers_that_know_no_git(folder, server, add):
    made = {name: Repository(folder / name) for name in ("deep", "sub", "top")}
    for name, repository in made.items():
        repository.commit(f=name)
    for name, inner in (("sub", "deep"), ("top", "sub")):
        made[name].add_submodule(f"{server.url}/{inner}/.git", "inner")
    brought = add(f"{server.url}/top/.git")
    assert (brought / "f").read_text() == "top"
    assert (brought / "inner/f").read_text() == "sub"
    assert (brought / "inner/inner/f").read_text() == "deep"
    assert not (brought / "inner/.git").exists()


def test_a_login_is_used_and_told_to_nobody(folder, server, add, ix, store, tmp_path):
    Repository(folder / "r").commit(f="1")
    (folder / "file").write_text("2")
    server.login = "Basic " + base64.b64encode(b"us/er:canary-secret").decode()
    address = f"us%2Fer:canary-secret@127.0.0.1:{server.port}"
    kept = add(f"http://{address}/r/.git", "--keep-git-dir=true")
    assert (kept / "f").read_text() == "1"
    assert b"canary" not in b"".join(each.read_bytes() for each in kept.rglob("*") if each.is_file())
    assert (add(f"http://{address}/file") / "file").read_text() == "2"
    server.login = "Basic " + base64.b64encode(b"us/er:another").decode()
    for source in (f"http://{address}/r/.git", f"http://{address}/file", f"http://127.0.0.1:{server.port}/none?token=canary-secret"):
        (tmp_path / "Dockerfile").write_text("FROM scratch\nARG SOURCE\nADD $SOURCE /r/\n")
        failed = ix("build", "--build-arg", f"SOURCE={source}", "-o", tmp_path / "out", tmp_path).failed(4)
        assert "canary" not in failed.stdout + failed.stderr
    assert "canary" not in add(f"http://{address}/r/.git", fails=4).stderr


def test_a_repository_that_has_moved_is_found_with_its_submodules(folder, smart, add):
    made = {name: Repository(folder / name) for name in ("deep", "sub", "top")}
    for name, repository in made.items():
        repository.commit(f=name)
    for name, inner, url in (("sub", "deep", f"{smart.url}/old-deep/.git"), ("top", "sub", f"{smart.url}/old-sub/.git")):
        made[name].git("config", "-f", ".gitmodules", "submodule.inner.path", "inner")
        made[name].git("config", "-f", ".gitmodules", "submodule.inner.url", url)
        made[name].git("add", ".gitmodules")
        made[name].git("update-index", "--add", "--cacheinfo", f"160000,{made[inner].git('rev-parse', 'HEAD')},inner")
        made[name].commit()
    smart.redirects = {f"/old-{name}/": f"{smart.url}/{name}/" for name in made}
    for flags in ([], ["--keep-git-dir=true"]):
        brought = add(f"{smart.url}/old-top/.git", *flags)
        for path, content in (("f", "top"), ("inner/f", "sub"), ("inner/inner/f", "deep")):
            assert (brought / path).read_text() == content
    assert f"url = {smart.url}/old-top/.git" in (brought / ".git/config").read_text()
    # git follows no redirect: what it sends itself has gone to the new places alone.
    assert not [path for method, path in smart.asked if method == "POST" and "/old-" in path]
    smart.login = "Basic " + base64.b64encode(b"me:canary-secret").decode()
    address = smart.url.replace("//", "//me:canary-secret@")
    assert (add(f"{address}/old-deep/.git") / "f").read_text() == "deep"
    assert "canary" not in add(f"{smart.url}/old-deep/.git", fails=4).stderr


def test_a_redirect_that_leads_to_no_repository_is_told(folder, smart, add):
    Repository(folder / "r").commit(f="1")
    smart.redirects = {"/r/.git/info/": f"{smart.url}/sign-in?from="}
    assert f"redirects to {smart.url}/sign-in?from=xxxxx, which is not a repository" in add(f"{smart.url}/r/.git", fails=4).stderr


def test_a_hook_of_git_may_build(folder, daemon, add, tmp_path):
    """git tells its hooks by variables which repository they are about; that of an ADD is another one."""
    Repository(folder / "sub").commit(f="sub")
    top = Repository(folder / "top")
    top.add_submodule(f"{daemon.url}/sub/.git", "s")
    top.commit(f="added")
    own = Repository(tmp_path / "own")
    commit = own.commit(f="own")
    (tmp_path / "own/f").write_text("changed")
    variables = {"GIT_DIR": str(tmp_path / "own/.git"), "GIT_WORK_TREE": str(tmp_path / "own"), "GIT_INDEX_FILE": ".git/index", "GIT_PREFIX": "",
                 "GIT_OBJECT_DIRECTORY": str(tmp_path / "own/.git/objects")}  # fmt: skip
    brought = add(f"{daemon.url}/top/.git", env=variables)
    assert (brought / "f").read_text() == "added" and (brought / "s/f").read_text() == "sub"
    assert (tmp_path / "own/f").read_text() == "changed"
    assert own.git("rev-parse", "HEAD") == commit and own.git("remote") == ""
