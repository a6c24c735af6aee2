OPTIONS = {
    "name": "PYTEST",
    "config": "ixian_docker.modules.pytest.config.PytestConfig",
    "tasks": "ixian_docker.modules.pytest.tasks",
}
