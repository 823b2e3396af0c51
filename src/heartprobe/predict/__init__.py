"""A trained model on new recordings: of one patient, or of everybody in an archive."""

from __future__ import annotations

from heartprobe.predict.given import GivenPatient, GivenRecording
from heartprobe.predict.predictor import MAX_RECORDINGS, Predictor
from heartprobe.predict.window_model import Runtime, WindowModel

__all__ = ["MAX_RECORDINGS", "GivenPatient", "GivenRecording", "Predictor", "Runtime", "WindowModel"]
