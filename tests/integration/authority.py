"""A certificate authority for tests, by the openssl command: server and client certificates, and the key of the token server."""

import subprocess
from pathlib import Path


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)


class Authority:
    def __init__(self, folder, name="Test CA"):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate, self.key = self.folder / "ca.crt", self.folder / "ca.key"
        self_signed(self.certificate, self.key, name)

    def issue(self, name, alternative_names, usage="serverAuth", days=2):
        """A certificate and its key: (NAME.cert, NAME.key)."""
        certificate, key, request = (self.folder / f"{name}.{end}" for end in ("cert", "key", "csr"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(
            f"subjectAltName={alternative_names}\nextendedKeyUsage={usage}\nbasicConstraints=critical,CA:FALSE\n"
        )
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", key, "-out", request)  # fmt: skip
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                "-days", days, "-extfile", extensions, "-out", certificate)  # fmt: skip
        return certificate, key

    def server(self, name="server", alternative_names="DNS:localhost,IP:127.0.0.1"):
        return self.issue(name, alternative_names)

    def client(self, name="client"):
        return self.issue(name, f"DNS:{name}", "clientAuth")


def self_signed(certificate, key, name, algorithm=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
    openssl("req", "-x509", "-newkey", *algorithm, "-nodes", "-subj", f"/CN={name}", "-days", "2",
            "-keyout", key, "-out", certificate)  # fmt: skip
