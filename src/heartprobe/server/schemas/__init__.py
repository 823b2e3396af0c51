"""What answers look like, as the description of the API shows it.

Answers are what `as_dict` of the library's results returns; these models describe them, and a test
holds real answers against them.
"""

from __future__ import annotations

from heartprobe.server.schemas.errors import ErrorAnswer
from heartprobe.server.schemas.explanations import ExplanationAnswer
from heartprobe.server.schemas.model import ExampleAnswer, ModelAnswer, StateAnswer
from heartprobe.server.schemas.predictions import PredictionAnswer

__all__ = [
    "ErrorAnswer",
    "ExampleAnswer",
    "ExplanationAnswer",
    "ModelAnswer",
    "PredictionAnswer",
    "StateAnswer",
]
