from ixian.config import Config


class GreeterConfig(Config):
    REGISTRY = "{DOCKER.REGISTRY}"
    REGISTRY_PATH = "{DOCKER.REGISTRY_PATH}"
    REPOSITORY = "{GREETER.REGISTRY}/{GREETER.REGISTRY_PATH}/{PROJECT_NAME}"
    IMAGE = "{GREETER.REPOSITORY}:{GREETER.IMAGE_TAG}"
    IMAGE_TAG = "greeter-{TASKS.BUILD_GREETER_IMAGE.HASH}"

    DOCKERFILE = "greeter/Dockerfile.jinja"
    WORDS = "Good morning"
