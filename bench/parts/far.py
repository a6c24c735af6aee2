"""A registry that is far away: every request takes a fixed time longer."""

import http.server
import threading
import time
import urllib.error
import urllib.request


class _Relay(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        time.sleep(self.server.delay)
        length = int(self.headers.get("Content-Length") or 0)
        headers = {key: value for key, value in self.headers.items() if key.lower() != "connection"}
        request = urllib.request.Request(self.server.target + self.path, data=self.rfile.read(length) if length else None, method=self.command, headers=headers)
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        body = answer.read()
        self.send_response(answer.status)
        for key, value in answer.headers.items():
            if key.lower() not in ("connection", "transfer-encoding", "date", "server"):
                self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = pass_on

    def log_message(self, *_):
        pass


class FarRegistry(http.server.ThreadingHTTPServer):
    """Passes requests on to a registry, `delay` seconds later; used in `with`."""

    daemon_threads = True
    request_queue_size = 128  # what does not fit comes back a second later

    def __init__(self, registry, delay):
        super().__init__(("127.0.0.1", 0), _Relay)
        self.delay, self.target = delay, f"http://{registry.host}"
        self.host = f"127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
