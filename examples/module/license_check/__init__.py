"""Checks that source files start with a licence."""

OPTIONS = {
    "name": "license",
    "config": "license_check.config.LicenseConfig",
    "tasks": "license_check.tasks",
}
