"""What the web app costs: CPU time of a token, a page and a sign-in, one after the other, on its SQLite database."""

import http.client
import json
import shutil
import tempfile
from pathlib import Path

from harness import process, tokens
from harness.settings import ROOT, WORK

WEB = ROOT / "web"
PEOPLE = 20
TURNS = 100
PASSWORD = "correct horse battery staple"


class Browser:
    """One person at the web app."""

    def __init__(self, port: int, name: str):
        self.connection = http.client.HTTPConnection("localhost", port)
        self.origin, self.email, self.cookie = f"http://localhost:{port}", f"{name}@example.com", ""

    def ask(self, method: str, path: str, body: dict | None = None) -> None:
        """Sends a request as a browser does; keeps the cookies of the answer."""
        headers = {"Origin": self.origin, "Cookie": self.cookie}
        text = None if body is None else json.dumps(body)
        if text:
            headers["Content-Type"] = "application/json"
        answer = self.answer(method, path, text, headers)
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status}")
        cookies = [value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"]
        self.cookie = "; ".join(cookies) or self.cookie

    def answer(self, *request) -> http.client.HTTPResponse:
        """The answer, read to its end. A connection that was idle for too long is made again."""
        try:
            self.connection.request(*request)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            self.connection.close()
            self.connection.request(*request)
            answer = self.connection.getresponse()
        answer.read()
        return answer

    def sign_up(self) -> None:
        """A new account."""
        self.ask("POST", "/api/auth/sign-up/email", {"name": "Ada", "email": self.email, "password": PASSWORD})

    def sign_in(self) -> None:
        """A new session."""
        self.ask("POST", "/api/auth/sign-in/email", {"email": self.email, "password": PASSWORD})

    def token(self) -> None:
        """An API token."""
        self.ask("GET", "/api/auth/token")

    def page(self) -> None:
        """The page of the tasks."""
        self.ask("GET", "/")


def of_each(pid: int, turns: int, what) -> float:
    """CPU time in ms."""
    before = process.cpu_seconds(pid)
    for turn in range(turns):
        what(turn)
    return 1000 * (process.cpu_seconds(pid) - before) / turns


def measure() -> dict:
    """Needs `scripts/build-web`."""
    if not (WEB / ".next" / "BUILD_ID").exists():
        raise SystemExit("No production build of the web app: run scripts/build-web.")
    folder, port = Path(tempfile.mkdtemp(prefix="bench-web-")), process.free_port()
    env = {
        "PATH": f"{Path(shutil.which('node')).parent}:/usr/bin:/bin",
        "NODE_ENV": "production",
        "NEXT_TELEMETRY_DISABLED": "1",
        "BETTER_AUTH_SECRET": tokens.SECRET,
        "BETTER_AUTH_URL": f"http://localhost:{port}",
        "AUTH_DATABASE_URL": f"sqlite://{folder}/auth.db",
        "API_URL": "http://localhost:1",
        "AUTH_RATE_LIMIT": "off",
    }
    log = WORK / "web.log"
    log.write_text("")
    child = process.start(["node", ROOT / "node_modules/next/dist/bin/next", "start", "--port", str(port)], log, env, WEB)
    try:
        process.wait_for(f"http://localhost:{port}/sign-in", child, log)
        people = [Browser(port, f"person-{number}") for number in range(PEOPLE)]
        for one in people:
            one.sign_up()
        return times(child.pid, people)
    finally:
        process.stop(child)
        shutil.rmtree(folder, ignore_errors=True)


def times(pid: int, people: list) -> dict:
    """After as many requests again, so that what is compiled at first use counts for nothing."""
    found = {}
    for key, name, turns in (("token_ms", "token", TURNS), ("page_ms", "page", TURNS), ("sign_in_ms", "sign_in", 2 * PEOPLE)):
        for _ in range(2):
            found[key] = of_each(pid, turns, lambda turn, name=name: getattr(people[turn % PEOPLE], name)())
    return found
