from ixian.exceptions import ExecuteFailed


class DockerTransferError(ExecuteFailed):
    """An image could not be pulled or pushed."""

    ixian_code = 4


class DockerAuthenticationError(DockerTransferError):
    """Never raised: what a registry says of credentials is in the DockerTransferError. There for those who catch it."""
