"""What all parts of a decider share: plain numbers that are checked whenever they are read."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _is_printable(text: str) -> str:
    # What is shown in a terminal must not steer it.
    if not text.isprintable():
        raise ValueError("it holds characters that cannot be printed")
    return text


Probability = Annotated[float, Field(ge=0, le=1)]

Printable = Annotated[str, AfterValidator(_is_printable)]

#: Why something could not be chosen on validation, in words; `None` where it was.
Reason = Annotated[Printable, Field(min_length=1, max_length=500)] | None


class Stored(BaseModel):
    """Frozen numbers and words that go into `bundle.json` and come back bit for bit."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return what `as_dict` was called on.

        Raises:
            pydantic.ValidationError: If a value is missing, unknown, not finite or out of its range.
        """
        return cls.model_validate(values)
