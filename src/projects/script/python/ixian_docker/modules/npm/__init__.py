OPTIONS = {
    "name": "NPM",
    "config": "ixian_docker.modules.npm.config.NPMConfig",
    "tasks": "ixian_docker.modules.npm.tasks",
    "dev_volumes": [
        "{NPM.VOLUME}:{NPM.NODE_MODULES_DIR}",
        "{PWD}/{NPM.HOST_ETC}/{NPM.PACKAGE_JSON}:{DOCKER.APP_DIR}/{NPM.PACKAGE_JSON}",
        "{PWD}/{NPM.HOST_ETC}/package-lock.json:{DOCKER.APP_DIR}/package-lock.json",
    ],
}
