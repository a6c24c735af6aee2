"""ImageTask: a task whose image is named by what goes into it, and looked for before it is built."""

import _ixian

from ixian.task import Task


class ImageTask(Task):
    """
    Base class of tasks that build an image. A class says what the image is made from; its name is {repository}:<stage>-<key>, and the key
    is a digest of all that the build reads. An image that is here or in the registry is not built.

    Each value may be a property or a method, and holds variables, which are rendered when they are needed.
    """

    __task_base__ = True

    # What the image is called: its tag begins with it. Other stages get the image as the build argument <STAGE>_IMAGE.
    stage = None

    # The Dockerfile, relative to the project. One that ends in .jinja is a template of Jinja2, with CONFIG and what template_context holds.
    dockerfile = "Dockerfile"
    template_context = {}

    # Where `ix build_dockerfile` writes down what a template makes. Default: {BUILDER}/Dockerfile.<stage>.
    rendered_dockerfile = None

    # The folder that COPY reads from. None is an empty one.
    context = "{PWD}"

    # Names that mean something else in FROM and --from: name → a folder, "docker-image://…", or the URL of a git repository or an archive.
    build_contexts = {}

    target = None
    platform = None
    build_args = {}

    # What counts in the key besides what the Dockerfile reads: files, folders and wildcards, as FileHash has them.
    files = []

    # Where the image is named, looked for and pushed to.
    repository = "{DOCKER.REPOSITORY}"

    # The image task that the build arguments FROM_REPOSITORY and FROM_TAG are about. Default: the first one that this one depends on.
    base = None

    # id → "env:NAME" or "file:PATH", for RUN --mount=type=secret. Never in the key.
    secrets = {}

    # "default" (the agent of SSH_AUTH_SOCK), "ID=SOCKET" or "ID=KEYFILE,…", for RUN --mount=type=ssh. Never in the key.
    ssh = []

    def execute(self):
        _ixian.make_stage(self.name)

    def clean(self):
        """Remove the image here. Registries keep theirs."""
        _ixian.remove_image(self.image)

    @property
    def image(self):
        """The name of the image, whether it is there or not."""
        return _ixian.stage_image(self.name)
