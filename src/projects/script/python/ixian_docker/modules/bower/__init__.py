OPTIONS = {
    "name": "BOWER",
    "config": "ixian_docker.modules.bower.config.BowerConfig",
    "tasks": "ixian_docker.modules.bower.tasks",
    "dev_volumes": [
        "{BOWER.COMPONENTS_VOLUME}:{BOWER.COMPONENTS_DIR}",
    ],
}
