OPTIONS = {
    "name": "greeter",
    "config": "greeter.config.GreeterConfig",
    "tasks": "greeter.tasks",
}
