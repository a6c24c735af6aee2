"""A TCP relay between ix and a server, which holds or cuts connections after so many bytes: a bad network, at will."""

import socket
import threading

from waiting import wait_for


class Relay:
    """`up` is what clients send, `down` what they get. Limits count the bytes of all connections together, from now on."""

    def __init__(self, port, host="127.0.0.1"):
        self.target = (host, port)
        self.lock = threading.Condition()
        self.passed = {"up": 0, "down": 0}
        self.hold_at = {"up": None, "down": None}
        self.cut_at = {"up": None, "down": None}
        self.held = 0
        self.cuts = 0
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def hold_after(self, size, direction="up"):
        """Whatever comes after the next `size` bytes waits until release()."""
        with self.lock:
            self.hold_at[direction] = self.passed[direction] + size

    def cut_after(self, size, direction="down"):
        """The connection that carries the byte after the next `size` is cut. Once."""
        with self.lock:
            self.cut_at[direction] = self.passed[direction] + size

    def release(self):
        with self.lock:
            self.hold_at = {"up": None, "down": None}
            self.lock.notify_all()

    def wait_until_held(self):
        wait_for(lambda: self.held > 0, "the relay to hold a connection")

    def stop(self):
        self.release()
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                server = socket.create_connection(self.target)
            except OSError:
                cut(client)
                continue
            for source, sink, direction in ((client, server, "up"), (server, client, "down")):
                threading.Thread(target=self.pump, args=(source, sink, direction), daemon=True).start()

    def pump(self, source, sink, direction):
        try:
            while data := source.recv(16384):
                if not self.admit(len(data), direction):
                    cut(source, sink)
                    return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            cut(source, sink)

    def admit(self, size, direction):
        """False where the connection is to be cut here."""
        with self.lock:
            cut, self.passed[direction] = self.cut_at[direction], self.passed[direction] + size
            if cut is not None and self.passed[direction] > cut:
                self.cut_at[direction] = None
                self.cuts += 1
                return False
            if self.hold_at[direction] is not None and self.passed[direction] > self.hold_at[direction]:
                self.held += 1
                self.lock.wait_for(lambda: self.hold_at[direction] is None)
                self.held -= 1
            return True


def cut(*sockets):
    for each in sockets:
        try:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        each.close()
