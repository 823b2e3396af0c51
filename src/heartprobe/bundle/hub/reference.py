"""How a model on the hub is named: `OWNER/NAME`, or `OWNER/NAME@REVISION`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from heartprobe.errors import ConfigError

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_REVISION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class HubReference:
    """A repository of the hub at a revision.

    Attributes:
        name: `OWNER/NAME`.
        revision: Branch, tag or commit.
    """

    name: str
    revision: str = "main"

    @classmethod
    def parse(cls, text: str, *, takes_revision: bool = True) -> Self:
        """Read `OWNER/NAME[@REVISION]`.

        Args:
            text: What was given.
            takes_revision: Whether the sentence of a refusal offers to name a revision.

        Raises:
            ConfigError: If it is none.
        """
        name, at, revision = text.partition("@")
        if not _NAME.fullmatch(name) or ".." in name or (at and (not _REVISION.fullmatch(revision) or ".." in text)):
            expected = (
                "OWNER/NAME or OWNER/NAME@REVISION, such as my-lab/heart-sounds@main"
                if takes_revision
                else "OWNER/NAME, such as my-lab/heart-sounds"
            )
            raise ConfigError(f"{text!r} is no name of a model on the hub; expected {expected}.")
        return cls(name, revision) if at else cls(name)

    @property
    def is_pinned(self) -> bool:
        """Whether it names a commit, which is the same for ever."""
        return is_commit(self.revision)

    def __str__(self) -> str:
        """Return the name as it is written."""
        return f"{self.name}@{self.revision}"


def is_commit(revision: str) -> bool:
    """Whether a revision is the full name of a commit."""
    return _COMMIT.fullmatch(revision) is not None
