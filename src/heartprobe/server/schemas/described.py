"""What all descriptions of answers share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Described(BaseModel):
    """Says what is promised of an answer."""

    # Results may say more than is promised here.
    model_config = ConfigDict(extra="allow")
