"""Which moments and frequencies of a recording spoke for an answer.

grid          the cells into which a recording is cut
cycle         the same moment of every beat
quieting      a recording without some of its parts
occlusion     how the answer changes without each of them
explanation   what came of it
explaining    all of it, for a trained model
picture       it all under the spectrogram, as SVG
"""

from __future__ import annotations

from heartprobe.explain.explaining import LONGEST_S, explain
from heartprobe.explain.explanation import Cell, Explanation

__all__ = ["LONGEST_S", "Cell", "Explanation", "explain"]
