"""Tokens as Better Auth issues them: HS256 by the shared secret, EdDSA by a key in a local key set.

EdDSA needs the `cryptography` library, which the environment of the FastAPI peer has: there this file runs as
a program that reads user names and writes `jwks.json` and `tokens-EdDSA.txt` into a folder.
"""

import base64
import hashlib
import hmac
import json
import sys
import time
from pathlib import Path

SECRET = "a-secret-that-only-this-benchmark-knows"
ORIGIN = "https://app.example"
KID = "bench-key"
LIFETIME = 24 * 3600


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _part(value: dict) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _unsigned(header: dict, user: str) -> str:
    now = int(time.time()) - 60
    # The claims that Better Auth's jwt() plugin puts into a token by default.
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
    return f"{_part(header)}.{_part(payload)}"


def hs256(users: list) -> list:
    """One token for each user."""
    header = {"alg": "HS256", "typ": "JWT"}
    unsigned = [_unsigned(header, user) for user in users]
    key = SECRET.encode()
    return [f"{text}.{_text(hmac.digest(key, text.encode(), hashlib.sha256))}" for text in unsigned]


def eddsa(users: list) -> tuple:
    """One token for each user, and the key set that verifies them."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"the key of this benchmark").digest())
    header = {"alg": "EdDSA", "kid": KID}
    unsigned = [_unsigned(header, user) for user in users]
    tokens = [f"{text}.{_text(key.sign(text.encode()))}" for text in unsigned]
    public = _text(key.public_key().public_bytes_raw())
    jwk = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": KID, "x": public}
    return tokens, {"keys": [jwk]}


if __name__ == "__main__":
    names = sys.stdin.read().split()
    made, keys = eddsa(names)
    folder = Path(sys.argv[1])
    (folder / "jwks.json").write_text(json.dumps(keys))
    (folder / "tokens-EdDSA.txt").write_text("\n".join(made))
