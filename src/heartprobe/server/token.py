"""Who may ask."""

from __future__ import annotations

import hmac

from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from heartprobe.server.errors import RequestError


class TokenCheck(HTTPBearer):
    """Lets those through who show the token."""

    def __init__(self, token: str) -> None:
        super().__init__(description="The token that the server was started with.", auto_error=False)
        self._token = token.encode()

    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials | None:
        """Check one request.

        Raises:
            RequestError: If it shows no token, or another one (401).
        """
        shown = await super().__call__(request)
        # Compared in constant time, so that how long it takes tells nothing about the token.
        if shown is None or not hmac.compare_digest(shown.credentials.encode("utf-8", "replace"), self._token):
            raise RequestError(
                401,
                "unauthorised",
                "This server asks for a token; send it as the header Authorization: Bearer TOKEN.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return shown
