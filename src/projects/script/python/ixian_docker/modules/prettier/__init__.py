OPTIONS = {
    "name": "PRETTIER",
    "config": "ixian_docker.modules.prettier.config.PrettierConfig",
    "tasks": "ixian_docker.modules.prettier.tasks",
}
