OPTIONS = {
    "name": "DJANGO",
    "config": "ixian_docker.modules.django.config.DjangoConfig",
    "tasks": "ixian_docker.modules.django.tasks",
    "dev_volumes": [
        "{PWD}/manage.py:{DOCKER.APP_DIR}/manage.py",
    ],
}
