"""Git repositories on servers of their own, on the loopback."""

import functools
import http.server
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
