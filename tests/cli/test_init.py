"""`ix init`: the first files of a project, over several kinds of folders."""

import os

import pytest

MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bakery.settings")
"""
KINDS = {
    "empty": ({}, ["docker"]),
    "python": ({"requirements.txt": "flask\npytest>=7\n"}, ["docker", "python", "pytest"]),
    "package": ({"pyproject.toml": '[project]\nname = "x"\ndependencies = ["black"]\n'}, ["docker", "python", "black"]),
    "django": ({"requirements.txt": "django\n", "manage.py": MANAGE}, ["docker", "python", "django"]),
    "npm": ({"package.json": '{"devDependencies": {"eslint": "8", "jest": "29"}}'}, ["docker", "npm", "eslint", "jest"]),
    "broken": ({"package.json": "{", "requirements.txt": b"\xff\xfe\x00"}, ["docker", "python", "npm"]),
    "webpack": ({"package.json": "{}", "webpack.config.js": "module.exports = {entry: './assets/app.js'}", "assets/app.js": ""}, ["docker", "npm", "webpack"]),
}


def fill(project, kind):
    for name, content in KINDS[kind][0].items():
        project.write(name, content)
    return project


def modules(project):
    return [line.split(".")[-1].rstrip('")') for line in (project.path / "ixian.py").read_text().splitlines() if "load_module(\"" in line]


@pytest.mark.parametrize("kind", KINDS)
def test_modules_are_those_for_what_is_there(project, kind):
    result = fill(project, kind).ix("init").ok()
    assert modules(project) == KINDS[kind][1]
    assert "ix build_image" in result.stdout
    for name in ("ixian.py", "Dockerfile", "Dockerfile.base", ".dockerignore", "docker-compose.yml"):
        assert (project.path / name).is_file(), name
        assert name in result.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_can_be_loaded(project, kind):
    fill(project, kind).ix("init").ok()
    result = project.ix("help").ok()
    assert "build_image" in result.stdout and "bash" in result.stdout
    project.ix("build_dockerfile").ok()


def test_nothing_is_written_over(project):
    project.write("ixian.py", "def init(): pass\n")
    project.ix("init").failed(2, "ixian.py")
    assert sorted(os.listdir(project.path)) == ["ixian.py"]


def test_a_broken_project_is_not_written_over_either(project):
    project.write("ixian.py", "def init(:\n")
    project.ix("init").failed(2, "ixian.py")


def test_what_is_there_stays(project):
    project.write("Dockerfile", "FROM scratch\n")
    project.write("compose.yaml", "services: {}\n")
    result = project.ix("init").ok()
    assert (project.path / "Dockerfile").read_text() == "FROM scratch\n"
    assert not (project.path / "docker-compose.yml").exists()
    assert "not overwritten: Dockerfile, docker-compose.yml" in result.stdout


def test_a_link_to_nowhere_stays(project):
    (project.path / "Dockerfile").symlink_to("/nonexistent/elsewhere")
    project.ix("init").ok()
    assert os.readlink(project.path / "Dockerfile") == "/nonexistent/elsewhere"


def test_dry_run_writes_nothing(project):
    fill(project, "django")
    before = sorted(os.listdir(project.path))
    result = project.ix("init", "--dry-run").ok()
    assert sorted(os.listdir(project.path)) == before
    assert "load_module(\"ixian_docker.modules.django\")" in result.stdout and "FROM debian" in result.stdout


def test_names_of_folders_become_names_of_projects(project, tmp_path):
    from conftest import Project

    for folder, name in (("My Shop-2", "my_shop_2"), ("42", "project"), ("ünïcode", "n_code"), ("a.b", "a_b")):
        made = Project(tmp_path / "folders" / folder)
        made.ix("init").ok()
        assert f'CONFIG.PROJECT_NAME = "{name}"' in (made.path / "ixian.py").read_text()
        made.ix("help").ok()


def test_the_settings_of_django_are_those_of_manage_py(project):
    fill(project, "django").ix("init").ok()
    assert project.ix("help").ok()
    text = (project.path / "ixian.py").read_text()
    assert 'CONFIG.DJANGO.SETTINGS_MODULE = "bakery.settings"' in text and 'CONFIG.PYTHON.ROOT_MODULE = "bakery"' in text


def test_folders_of_sources_are_those_that_webpack_reads(project):
    fill(project, "webpack").ix("init").ok()
    assert 'CONFIG.WEBPACK.SOURCE_DIRS = ["assets"]' in (project.path / "ixian.py").read_text()


def test_arguments_that_it_does_not_know(project):
    project.ix("init", "--force").failed(2)
    project.ix("init", "folder").failed(2)
    assert os.listdir(project.path) == []


def test_a_folder_that_cannot_be_written(project):
    (project.path / "Dockerfile").mkdir()
    project.ix("init").ok()
    assert (project.path / "Dockerfile").is_dir()
