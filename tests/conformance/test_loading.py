"""What `ix build -o type=docker` writes is an image to Docker and to Podman, and one that runs."""

import json
import shutil
import subprocess

import pytest
from builders import IX, PATH, POLICY, run

DOCKERFILE = """\
FROM {base}
RUN echo visitor:x:1000:1000::/home/visitor:/bin/sh >> /etc/passwd; mkdir -p /home/visitor; cd /home/visitor; echo hello > greeting; ln greeting again; rm /etc/group
USER visitor
WORKDIR /home/visitor
CMD ["cat", "again"]
"""


@pytest.fixture(scope="module")
def archive(session):
    reason = session.missing["ix"]
    if reason:
        pytest.skip(reason)
    ix = session.builders["ix"]
    context = session.folder / "loading"
    context.mkdir()
    (context / "Dockerfile").write_text(DOCKERFILE.format(base=session.addresses["registry.test"] + "/busybox:1"))
    file = context / "greeting.tar"
    code, output = run([IX, "build", "--network=none", "-t", "ix.test/greeting:1", "-o", f"type=docker,dest={file}", str(context)], ix.environment)
    assert code == 0, output
    return file


def test_docker_loads_it_and_runs_it(session, archive):
    if session.missing["docker"]:
        pytest.skip(session.missing["docker"])
    docker = session.builders["docker"]
    docker.start_once()
    code, output = run(["docker", "load", "-i", str(archive)], docker.environment)
    assert code == 0 and "ix.test/greeting:1" in output, output
    code, output = run(["docker", "run", "--rm", "--network=none", "ix.test/greeting:1"], docker.environment)
    assert (code, output) == (0, "hello\n"), output


def test_podman_loads_it(session, archive, tmp_path):
    if shutil.which("podman", path=PATH) is None:
        pytest.skip("podman is not installed")
    (tmp_path / "policy.json").write_text(POLICY)
    options = ["--root", f"{session.folder}/podman", "--runroot", f"{session.folder}/podman-run", "--storage-driver=vfs"]
    environment = {"PATH": PATH, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    code, output = run(["podman", *options, "load", f"--signature-policy={tmp_path}/policy.json", "-i", str(archive)], environment)
    assert code == 0, output
    done = subprocess.run(["podman", *options, "image", "inspect", "ix.test/greeting:1"], env=environment, capture_output=True, check=True)
    config = json.loads(done.stdout)[0]["Config"]
    assert config["User"] == "visitor" and config["WorkingDir"] == "/home/visitor" and config["Cmd"] == ["cat", "again"]
