OPTIONS = {
    "name": "PYTHON",
    "config": "ixian_docker.modules.python.config.PythonConfig",
    "tasks": "ixian_docker.modules.python.tasks",
    "dev_volumes": [
        "{PYTHON.VIRTUAL_ENV_VOLUME}:{PYTHON.VIRTUAL_ENV_DIR}",
        "{PWD}/Pipfile:{DOCKER.APP_DIR}/Pipfile",
        "{BUILDER}/.ipython/:{DOCKER.HOME_DIR}/.ipython/",
    ],
}
