#!/usr/bin/python3
"""Amazon Web Services as others imitate them: moto of a later Debian, whose packages are unpacked beside those of this one.

    tests/stand_ins/moto_server.py [--until-eof]

Prints its port. It verifies no signature, which aws.py does, and knows far more of what AWS's services answer.
"""

import logging
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What Debian 12 has besides is new enough for it.
PACKAGES = [
    f"python3-{name}"
    for name in ("moto", "boto3", "botocore", "s3transfer", "responses", "flask", "flask-cors", "werkzeug", "itsdangerous", "click", "blinker",
                 "markupsafe", "jinja2", "xmltodict", "urllib3", "requests")
]  # fmt: skip


def main():
    fetched = subprocess.run([ROOT / "scripts/later-debian", "sid", "moto", *PACKAGES], stdout=subprocess.PIPE, text=True, check=True)
    sys.path.insert(0, f"{fetched.stdout.strip()}/usr/lib/python3/dist-packages")
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    print(server.get_host_and_port()[1], flush=True)
    if "--until-eof" in sys.argv[1:]:
        sys.stdin.buffer.read()
    else:
        threading.Event().wait()
    server.stop()


if __name__ == "__main__":
    main()
