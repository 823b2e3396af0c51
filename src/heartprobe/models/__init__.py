"""Classifier heads behind one face."""

from __future__ import annotations

from heartprobe.models.head import JSON, Head
from heartprobe.models.linear_head import LinearHead
from heartprobe.models.load import load_head
from heartprobe.models.mlp_head import MlpHead
from heartprobe.models.networks import HeadNetwork
from heartprobe.models.standardiser import Standardiser

__all__ = ["JSON", "Head", "HeadNetwork", "LinearHead", "MlpHead", "Standardiser", "load_head"]
