OPTIONS = {
    "name": "ESLINT",
    "config": "ixian_docker.modules.eslint.config.ESLintConfig",
    "tasks": "ixian_docker.modules.eslint.tasks",
}
