"""Image tasks in ixian.py, as far as no image is made."""

STAGE = "from ixian_docker.modules.docker.stage import ImageTask\n"
LOAD = """
def init():
    CONFIG.PROJECT_NAME = 'shop'
    load_module('ixian_docker.modules.docker')
"""
WEB = "class Web(ImageTask):\n    name = 'web'\n    stage = 'web'\n    dockerfile = 'Dockerfile.jinja'\n    template_context = {'word': 'hello'}\n"


def test_the_base_class_is_no_task(project):
    project.tasks(STAGE, LOAD, WEB)
    listing = project.ix("--help").ok().stdout
    assert "web" in listing and "build_image" in listing


def test_a_template_is_written_down_as_it_will_be_built(project):
    project.tasks(STAGE, LOAD, WEB)
    project.write("Dockerfile.jinja", "FROM scratch\nLABEL a={{ word }} b={{ CONFIG.PROJECT_NAME }}\n")
    project.ix("build_dockerfile").ok()
    assert (project.path / ".builder/Dockerfile.web").read_text() == "FROM scratch\nLABEL a=hello b=shop\n"


def test_what_is_wrong_in_a_template_is_told_with_its_line(project):
    project.tasks(STAGE, LOAD, WEB)
    project.write("Dockerfile.jinja", "FROM scratch\nLABEL a={{ wrod }}\n")
    project.ix("build_dockerfile").failed(3, "image task web: Dockerfile.jinja line 2: 'wrod' is undefined")


def test_a_dockerfile_that_is_not_there_is_told(project):
    project.tasks(STAGE, LOAD, WEB)
    project.ix("build_dockerfile", "web").failed(3, "image task web: Dockerfile.jinja not found")


def test_who_renders_no_template_pays_for_none(project):
    found = project.evaluate("[name for name in ('jinja2', 'markupsafe', 'ixian._files') if name in sys.modules]", STAGE + LOAD)
    assert found == []


def test_a_task_of_the_project_takes_the_place_of_one_that_comes_with_ix(project):
    setup = STAGE + LOAD + "class Mine(ImageTask):\n    name = 'build_image'\n    stage = 'mine'\n    depends = ['help']\n"
    assert project.evaluate("[type(TASKS['build_image'].task).__name__, TASKS['build_image'].dependency_names()]", setup) == ["Mine", ["help", "build_base_image"]]
    assert "defined twice" not in project.ix("show").ok().stderr
