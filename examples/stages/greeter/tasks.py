from ixian_docker.modules.docker.stage import ImageTask


class BuildGreeterImage(ImageTask):
    """An image with a program that says {GREETER.WORDS}."""

    name = "build_greeter_image"
    category = "build"
    short_description = "Build the greeter."
    parent = "build_image"
    depends = ["build_base_image"]
    config = ["{GREETER.IMAGE}", "{GREETER.WORDS}"]

    stage = "greeter"
    dockerfile = "{GREETER.DOCKERFILE}"
    context = None
    repository = "{GREETER.REPOSITORY}"
