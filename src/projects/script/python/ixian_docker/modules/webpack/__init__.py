OPTIONS = {
    "name": "WEBPACK",
    "config": "ixian_docker.modules.webpack.config.WebpackConfig",
    "tasks": "ixian_docker.modules.webpack.tasks",
    "dev_volumes": [
        "{WEBPACK.COMPILED_STATIC_VOLUME}:{WEBPACK.COMPILED_STATIC_DIR}",
    ],
}
