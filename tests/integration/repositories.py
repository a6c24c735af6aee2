"""Git repositories on servers of their own, on the loopback."""

import functools
import http.server
import os
import socket
import subprocess
import threading
import time

SETTINGS = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always", "-c", "commit.gpgsign=false"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Repository:
    """One in `folder`, made where there is none."""

    def __init__(self, folder, *options):
        self.folder = folder
        if not folder.exists():
            folder.mkdir(parents=True)
            self.git("init", "-q", "-b", "main", *options)

    def git(self, *args):
        environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(["git", *SETTINGS, *args], cwd=self.folder, env=environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, **files):
        """Writes the files and commits them; the commit."""
        for name, content in files.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
            self.git("add", name)
        self.git("commit", "-q", "--allow-empty", "-m", "a commit")
        self.git("update-server-info")  # for servers that know no git
        return self.git("rev-parse", "HEAD")

    def add_submodule(self, url, path):
        self.git("submodule", "--quiet", "add", url, path)
        return self.commit()


class GitDaemon:
    """git:// for everything below a folder."""

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"git://127.0.0.1:{self.port}"
        command = ["git", "daemon", "--reuseaddr", f"--base-path={folder}", "--export-all", "--listen=127.0.0.1", f"--port={self.port}"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        for _ in range(1000):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise AssertionError("git daemon does not answer")

    def stop(self):
        self.process.terminate()
        self.process.wait()


class PlainServer:
    """A folder by HTTP, with nothing that knows git. `asked` are the paths with the logins they came with; `login` is
    ("Basic …"), or None where nobody is asked for one."""

    def __init__(self, folder):
        self.asked, self.login, self.redirects = [], None, {}
        outer = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self):
                path = self.path.split("?")[0]
                outer.asked.append((path, self.headers.get("Authorization")))
                if outer.login and self.headers.get("Authorization") != outer.login:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="x"')
                    self.send_header("Content-Length", "0")
                    return self.end_headers()
                if path in outer.redirects:
                    self.send_response(302)
                    self.send_header("Location", outer.redirects[path])
                    self.send_header("Content-Length", "0")
                    return self.end_headers()
                super().do_GET()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class SmartServer:
    """Repositories below a folder by HTTP as git itself serves them (git http-backend). `redirects` are prefixes of paths, and where each
    leads; `login` is ("Basic …"), without which nobody gets an answer, not even a redirect."""

    def __init__(self, folder):
        self.login, self.redirects, self.asked = None, {}, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path, _, query = self.path.partition("?")
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                if self.headers.get("Transfer-Encoding") == "chunked":
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size + 2)[:size]
                outer.asked.append((self.command, path))
                if outer.login and self.headers.get("Authorization") != outer.login:
                    return self.answer(401, [("WWW-Authenticate", 'Basic realm="x"')])
                for prefix, to in outer.redirects.items():
                    if path.startswith(prefix):
                        return self.answer(301, [("Location", to + self.path.removeprefix(prefix))])
                environment = {
                    "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(folder), "GIT_HTTP_EXPORT_ALL": "1", "HOME": "/nonexistent",
                    "REQUEST_METHOD": self.command, "PATH_INFO": path, "QUERY_STRING": query, "GIT_CONFIG_COUNT": "1",
                    "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*", "CONTENT_LENGTH": str(len(body)),
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""), "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                }  # fmt: skip
                done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True)
                head, _, content = done.stdout.partition(b"\r\n\r\n")
                fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
                self.answer(int(fields.pop("Status", "200").split()[0]), fields.items(), content)

            do_POST = do_GET

            def answer(self, status, fields, content=b""):
                self.send_response(status)
                for name, value in fields:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
