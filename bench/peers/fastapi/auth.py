"""The caller: a verified token whose user is the one in the path."""

import os
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

ORIGIN = os.environ["JWT_ORIGIN"]
SECRET = os.environ.get("JWT_SECRET")
# Keeps the keys it has fetched, as its documentation advises.
KEYS = jwt.PyJWKClient(os.environ["JWKS_URL"], cache_keys=True) if "JWKS_URL" in os.environ else None

bearer = HTTPBearer()


def verify(token: str) -> dict:
    """The claims of a valid token."""
    if KEYS:
        key, algorithm = KEYS.get_signing_key_from_jwt(token).key, "EdDSA"
    else:
        key, algorithm = SECRET, "HS256"
    return jwt.decode(token, key, algorithms=[algorithm], issuer=ORIGIN, audience=ORIGIN, leeway=30)


def current_user(
    user_id: str, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]
) -> str:
    """The user of the token, who must be the user in the path."""
    try:
        claims = verify(credentials.credentials)
    except jwt.PyJWTError as error:
        raise HTTPException(401, "Invalid or expired token") from error
    if claims.get("sub") != user_id:
        raise HTTPException(403, "Not your tasks")
    return user_id
