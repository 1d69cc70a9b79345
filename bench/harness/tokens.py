"""Tokens as Better Auth issues them: HS256 by the shared secret."""

import base64
import hashlib
import hmac
import json
import time

SECRET = "a-secret-that-only-this-benchmark-knows"
ORIGIN = "https://app.example"
LIFETIME = 24 * 3600


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _part(value: dict) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def hs256(user: str) -> str:
    """A token with the claims that Better Auth's jwt() plugin puts into it by default."""
    now = int(time.time()) - 60
    payload = {
        "iat": now,
        "name": "A user of the benchmark",
        "email": f"{user.lower()}@app.example",
        "emailVerified": True,
        "image": None,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-01T00:00:00.000Z",
        "id": user,
        "sub": user,
        "exp": now + LIFETIME,
        "iss": ORIGIN,
        "aud": ORIGIN,
    }
    text = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(payload)}"
    return f"{text}.{_text(hmac.digest(SECRET.encode(), text.encode(), hashlib.sha256))}"
