"""Labels that only some data sets have, beside the five of `heartprobe.labels`."""

from __future__ import annotations

from typing import Final

#: Whether a murmur is heard; a heart with an innocent one is normal all the same.
MURMUR: Final = "murmur"

#: Mitral valve prolapse.
PROLAPSE: Final = "MVP"
