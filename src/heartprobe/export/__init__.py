"""Trained models as graphs that run without torch."""

from __future__ import annotations

from heartprobe.export.run import LARGEST_DIFFERENCE, Exported, export_onnx

__all__ = ["LARGEST_DIFFERENCE", "Exported", "export_onnx"]
