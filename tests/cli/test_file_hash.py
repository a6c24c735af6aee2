"""FileHash: what counts as a change of files, and what does not."""

import os
import shutil

import pytest

from conftest import Project, task


@pytest.fixture
def tree(project):
    project.write("src/a.txt", "a")
    project.write("src/deep/b.txt", "b")
    project.write("src/run.sh", "#!/bin/sh\n")
    os.symlink("a.txt", project.path / "src/link")
    project.tasks(task("a", "check = FileHash('src')"), task("h", body="print(CONFIG.TASKS.A.HASH)"))
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"]
    return project


def hash_of(project):
    value = project.ix("h").ok().stdout
    project.ran()
    return value


def touch_everything(path):
    for folder, _, files in os.walk(path / "src"):
        for name in files:
            os.utime(os.path.join(folder, name), (1, 1), follow_symlinks=False)


def group_writable(path):
    for folder, folders, files in os.walk(path / "src"):
        os.chmod(folder, 0o700)
        for name in files:
            if not os.path.islink(os.path.join(folder, name)):
                os.chmod(os.path.join(folder, name), 0o600)


def rewrite(path):
    content = (path / "src/a.txt").read_text()
    (path / "src/a.txt").unlink()
    (path / "src/a.txt").write_text(content)


@pytest.mark.parametrize("change", [touch_everything, group_writable, rewrite, lambda path: (path / "src/empty").mkdir()])
def test_what_is_no_change(tree, change):
    before = hash_of(tree)
    change(tree.path)
    tree.ix("a").ok()
    assert tree.ran() == []
    assert hash_of(tree) == before


def test_a_copy_elsewhere_is_no_change(tree, tmp_path):
    before = hash_of(tree)
    shutil.copytree(tree.path, tmp_path / "other/place", symlinks=True)
    copy = Project(tmp_path / "other/place")
    assert hash_of(copy) == before
    copy.ix("a").ok()
    assert copy.ran() == []


def change_content_alone(path):
    """The same size and the same times as before."""
    file = path / "src/a.txt"
    status = file.stat()
    file.write_text("x")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize(
    "change, told",
    [
        (change_content_alone, "src/a.txt  changed"),
        (lambda path: (path / "src/deep/b.txt").write_text("longer"), "src/deep/b.txt  changed"),
        (lambda path: (path / "src/run.sh").chmod(0o755), "src/run.sh  became executable"),
        (lambda path: (path / "src/a.txt").rename(path / "src/c.txt"), "src/a.txt  removed"),
        (lambda path: (path / "src/new").write_text(""), "src/new  added"),
        (lambda path: (path / "src/deep/b.txt").unlink(), "src/deep/b.txt  removed"),
        (lambda path: ((path / "src/link").unlink(), os.symlink("run.sh", path / "src/link")), "src/link  changed"),
        (lambda path: shutil.rmtree(path / "src"), "src"),
    ],
)
def test_what_is_a_change(tree, change, told):
    before = hash_of(tree)
    change(tree.path)
    assert told in tree.ix("why", "a").ok().stdout
    assert hash_of(tree) != before
    tree.ix("a").ok()
    assert tree.ran() == ["a"]


@pytest.mark.parametrize(
    "pattern, matching, other",
    [
        ("*.py", "x.py", "sub/x.py"),
        ("src/*.txt", "src/x.txt", "src/x.md"),
        ("src/**/*.txt", "src/one/two/x.txt", "src/one/x.md"),
        ("src/?.txt", "src/x.txt", "src/xx.txt"),
        ("src/[ab].txt", "src/b.txt", "src/c.txt"),
        ("{DIR}/*", "src/x", "x"),
    ],
)
def test_wildcards(project, pattern, matching, other):
    project.tasks("def init():\n    CONFIG.DIR = 'src'\n", task("a", f"check = FileHash({pattern!r})"))
    project.write("src/a.txt")
    project.ix("a").ok()
    project.ran()
    project.write(other, "x")
    project.ix("a").ok()
    assert project.ran() == []
    project.write(matching, "x")
    project.ix("a").ok()
    assert project.ran() == ["a"]


def test_a_missing_file_is_a_state_of_its_own(project):
    project.tasks(task("a", "check = FileHash('made')"))
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"]
    project.write("made")
    project.ix("a").ok()
    assert project.ran() == ["a"]


def test_outputs_may_be_checked_too(project):
    project.tasks(task("a", "check = [FileHash('in'), FileHash('out')]", body="open('out', 'w').write('made')"))
    project.write("in")
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"]
    (project.path / "out").unlink()
    project.ix("a").ok()
    assert project.ran() == ["a"]


def test_absolute_paths_are_the_same_files(project, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("1")
    project.write("in")
    project.tasks(task("a", "check = [FileHash('{PWD}/in'), FileHash(" + repr(str(outside)) + ")]"))
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"]
    outside.write_text("2")
    project.ix("a").ok()
    assert project.ran() == ["a"]


def test_the_builder_folder_and_git_do_not_count(project):
    project.write(".git/index", "1")
    project.tasks(task("a", "check = FileHash('.')", body="CONFIG.BUILDER"))
    project.write("notes", "")
    (project.path / "notes").unlink()
    project.tasks("def note(text):\n    print(text)\n", task("a", "check = FileHash('.')"))
    assert project.ix("a").ok().stdout == "a\n"
    project.write(".git/index", "2")
    assert project.ix("a").ok().stdout == ""


@pytest.mark.parametrize("name", [b"latin-\xe9.txt", b"new\nline", "日本".encode(), b"-dash", b"quote\"'", b" space "])
def test_strange_file_names(project, name):
    folder = os.fsencode(project.path / "src")
    os.mkdir(folder)
    with open(os.path.join(folder, name), "w") as file:
        file.write("1")
    project.tasks(task("a", "check = FileHash('src')"))
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"]
    with open(os.path.join(folder, name), "w") as file:
        file.write("2")
    why = project.ix("why", "a").ok().stdout
    assert why.count("changed") == 2 and len(why.splitlines()) == 2, why
    project.ix("why", "--json", "a").ok().json()
    project.ix("a").ok()
    assert project.ran() == ["a"]


def test_broken_links_and_loops_are_hashed_as_links(project):
    (project.path / "src").mkdir()
    os.symlink("nowhere", project.path / "src/broken")
    os.symlink("loop", project.path / "src/loop")
    os.symlink("..", project.path / "src/up")
    project.tasks(task("a", "check = FileHash('src')"), task("b", "check = FileHash('src/broken')"))
    for name in ("a", "b"):
        project.ix(name).ok()
        project.ix(name).ok()
    assert project.ran() == ["a", "b"]
    (project.path / "src/broken").unlink()
    os.symlink("elsewhere", project.path / "src/broken")
    project.ix("a").ok()
    assert project.ran() == ["a"]


def test_what_cannot_be_read_is_named(project):
    project.tasks(task("a", "check = FileHash('/proc/self/mem')"))
    project.ix("a").failed(1, "/proc/self/mem", "a")


def test_what_lies_behind_a_loop_or_a_file_is_missing(project):
    project.write("file")
    os.symlink("loop", project.path / "loop")
    project.tasks(task("a", "check = FileHash('loop/x', 'file/x')", body="print(json.dumps(self.check.state()))"))
    assert project.ix("a").ok().json() == {"loop/x": None, "file/x": None}
    assert project.ix("a").ok().stdout == ""


def test_hashes_from_python(project):
    project.write("src/a", "1")
    project.write("src/b", "1")
    project.tasks(
        "from ixian.modules.filesystem.file_hash import hash_dir, hash_file, hash_path, hash_paths\n",
        task("a", body="print(json.dumps([hash_paths('src/a', 'src/b', 'src'), hash_file('src/a'), hash_dir('src'), hash_path('src')]))"),
    )
    paths, file, folder, path = project.ix("a").ok().json()
    assert paths["src/a"] == paths["src/b"] == file
    assert paths["src"] == folder == path != file


def test_many_files(project):
    for i in range(300):
        project.write(f"src/{i % 17}/{i}", str(i))
    project.tasks(task("a", "check = FileHash('src/**/*')"))
    project.ix("a").ok()
    project.ix("a").ok()
    for i in (0, 123, 299):
        project.write(f"src/{i % 17}/{i}", "changed")
    why = project.ix("why", "a", "--json").ok().json()
    assert sorted(change["what"] for change in why[0]["changes"]) == sorted(f"src/{i % 17}/{i}" for i in (0, 123, 299))
    assert project.ran() == ["a"]
