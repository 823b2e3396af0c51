"""From the sound of a recording to the windows that an encoder is given."""

from __future__ import annotations

from heartprobe.signal.front_end import FrontEnd, Windows

__all__ = ["FrontEnd", "Windows"]
