OPTIONS = {
    "name": "JEST",
    "config": "ixian_docker.modules.jest.config.JestConfig",
    "tasks": "ixian_docker.modules.jest.tasks",
}
