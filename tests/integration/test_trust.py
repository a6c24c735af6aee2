"""Stores, state and credentials that somebody else could write to."""

import os
import shutil

import pytest
from test_build import base, build, context, store  # noqa: F401 (fixtures)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
OTHER = 23456


def give_away(folder):
    os.chown(folder, OTHER, OTHER)
    for root, folders, files in os.walk(folder):
        for name in folders + files:
            os.chown(os.path.join(root, name), OTHER, OTHER, follow_symlinks=False)


def test_a_store_of_somebody_else_is_not_used(ix, store, context):
    folder = context("FROM scratch\nCOPY Dockerfile /\n")
    ix("build", folder).ok()
    for part in (store, store / "blobs", store / "store.db"):
        os.chown(part, OTHER, OTHER)
        for command in (["build", folder], ["image", "ls", "store:"], ["image", "prune"]):
            ix(*command).failed(4, str(OTHER), "IXIAN_STORE")
        os.chown(part, 0, 0)
    ix("build", folder).ok()
    give_away(store)
    ix("build", folder).failed(4, str(OTHER))


def test_a_store_that_everybody_may_write_to_is_not_used(ix, store, context):
    folder = context("FROM scratch\nCOPY Dockerfile /\n")
    store.mkdir()
    store.chmod(0o777)
    ix("build", folder).failed(4, "everybody may write")
    store.chmod(0o775)
    ix("build", folder).ok()


def test_a_store_in_a_folder_for_all_is_used(ix, context, tmp_path):
    public = tmp_path / "public"
    public.mkdir()
    public.chmod(0o1777)
    ix("build", context("FROM scratch\nCOPY Dockerfile /\n"), env={"IXIAN_STORE": str(public / "store")}).ok()


def test_credentials_of_somebody_else_are_warned_of(ix, start_registry):
    registry = start_registry("htpasswd")
    config = ix.log_in(registry) or ix.home / ".docker/config.json"
    quiet = ix("image", "tags", f"{registry.host}/none")
    assert "WARN" not in quiet.stderr.upper()
    os.chown(config, OTHER, OTHER)
    assert str(OTHER) in ix("image", "tags", f"{registry.host}/none").stderr
    os.chown(config, 0, 0)
    config.chmod(0o666)
    assert "everybody may write" in ix("image", "tags", f"{registry.host}/none").stderr


def test_the_state_of_a_project_is_warned_of(ix, tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "ixian.py").write_text("from ixian.check import FileHash\nfrom ixian.config import CONFIG\nfrom ixian.task import Task\n\n\ndef init():\n    CONFIG.PROJECT_NAME = 'p'\n\n\nclass Go(Task):\n    name = 'go'\n    check = FileHash('ixian.py')\n\n    def execute(self):\n        print('gone')\n")
    before = os.umask(0)
    try:
        assert "everybody" not in ix("go", cwd=project).ok().stderr
    finally:
        os.umask(before)
    assert "everybody" not in ix("go", cwd=project).ok().stderr
    os.chown(project / ".builder", OTHER, OTHER)
    assert str(OTHER) in ix("go", cwd=project).ok().stderr
    os.chown(project, OTHER, OTHER)  # whose project it is
    assert str(OTHER) not in ix("go", cwd=project).ok().stderr
    (project / ".builder").chmod(0o777)
    assert "everybody may write" in ix("go", cwd=project).ok().stderr
    shutil.rmtree(project)
