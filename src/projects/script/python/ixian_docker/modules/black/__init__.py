OPTIONS = {
    "name": "BLACK",
    "config": "ixian_docker.modules.black.config.BlackConfig",
    "tasks": "ixian_docker.modules.black.tasks",
}
