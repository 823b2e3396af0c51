"""How what goes wrong is answered."""

from __future__ import annotations

from pydantic import Field

from heartprobe.server.schemas.described import Described


class ErrorBody(Described):
    """Why a request was refused."""

    kind: str = Field(description="A fixed word for programs.", examples=["too-large"])
    message: str = Field(description="One or two sentences for people: what is wrong, and what to do.")


class ErrorAnswer(Described):
    """How every error is answered."""

    error: ErrorBody
