"""The users of a run with their tokens, in files for wrk, and the key set on a port of this machine."""

import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from harness import build, rows, tokens
from harness.settings import WORK


def users_file(algorithm: str, users: int, among: int | None = None) -> Path:
    """One line for each user: id, token and the ids of the tasks. The users stand evenly among all there are."""
    step = (among or users) // users
    path = WORK / f"users-{algorithm}-{users}-{step}.tsv"
    indexes = range(0, users * step, step)
    names = [rows.user(index) for index in indexes]
    made = tokens.hs256(names) if algorithm == "HS256" else _eddsa(names)
    with open(path, "w") as file:
        for index, name, token in zip(indexes, names, made, strict=True):
            file.write(f"{name}\t{token}\t{','.join(map(str, rows.task_ids(index)))}\n")
    return path


def _eddsa(names: list) -> list:
    command = [build.python(), Path(tokens.__file__), WORK]
    subprocess.run(command, input="\n".join(names), text=True, check=True)
    return (WORK / "tokens-EdDSA.txt").read_text().split()


class _KeySet(BaseHTTPRequestHandler):
    def do_GET(self):
        body = (WORK / "jwks.json").read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nobody reads it."""


class KeyServer:
    """Serves `jwks.json` until closed."""

    def __init__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _KeySet)
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
