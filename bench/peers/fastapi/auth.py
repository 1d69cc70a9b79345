"""The caller: a verified token whose user is the one in the path."""

import os
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

ORIGIN = os.environ["JWT_ORIGIN"]
SECRET = os.environ["JWT_SECRET"]

bearer = HTTPBearer()


def current_user(
    user_id: str, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]
) -> str:
    """The user of the token, who must be the user in the path."""
    try:
        claims = jwt.decode(
            credentials.credentials, SECRET, algorithms=["HS256"], issuer=ORIGIN, audience=ORIGIN, leeway=30
        )
    except jwt.PyJWTError as error:
        raise HTTPException(401, "Invalid or expired token") from error
    if claims.get("sub") != user_id:
        raise HTTPException(403, "Not your tasks")
    return user_id
