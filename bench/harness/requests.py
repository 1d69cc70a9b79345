"""Requests as bytes, for the few that are not wrk's."""


def request(method: str, path: str, user: str, token: str, body: str = "") -> bytes:
    """A request below `/api/{user}`."""
    head = f"{method} /api/{user}{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n{body}".encode()
