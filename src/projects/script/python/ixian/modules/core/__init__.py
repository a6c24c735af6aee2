OPTIONS = {"name": "CORE", "tasks": "ixian.modules.core.tasks"}
