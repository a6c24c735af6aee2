"""A proxy before a registry that gives wrong answers, at will: what a registry, or something before it, has lost or refuses."""

import http.server
import threading
import urllib.error
import urllib.request


class Faulty:
    """`fault(method, path)` says what becomes of a request: None passes it on, a number is the status, "damage" changes the last byte of
    the body, and a pair (type, bytes) is the answer, with 200."""

    def __init__(self, registry):
        self.target, self.fault = registry.host, lambda method, path: None
        self.asked = []
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                proxy.answer(self)

            do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = answer

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request):
        sent = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        fault = self.fault(request.command, request.path)
        self.asked.append((request.command, request.path))
        if isinstance(fault, int):
            return self.reply(request, fault, {}, b"")
        if isinstance(fault, tuple):
            return self.reply(request, 200, {"Content-Type": fault[0]}, fault[1])
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        onward = urllib.request.Request(
            f"http://{self.target}{request.path}", sent if request.command in ("PUT", "POST", "PATCH") else None, headers, method=request.command
        )
        try:
            with urllib.request.urlopen(onward, timeout=20) as answer:
                status, head, body = answer.status, dict(answer.headers.items()), answer.read()
        except urllib.error.HTTPError as error:
            status, head, body = error.code, dict(error.headers.items()), error.read()
        if fault == "damage" and body:
            body = body[:-1] + bytes([body[-1] ^ 1])
        self.reply(request, status, head, body)

    @staticmethod
    def reply(request, status, head, body):
        request.send_response(status)
        if request.command != "HEAD":
            head = {name: value for name, value in head.items() if name.lower() not in ("content-length", "transfer-encoding")}
            head["Content-Length"] = str(len(body))
        for name, value in head.items():
            request.send_header(name, value)
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
