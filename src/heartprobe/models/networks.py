"""The two networks of the original project.

Layer sizes, order and initialisation are those of its `HeartbeatLinearProbe`
(https://github.com/afafelwafi/hackai_sahti, models.py), and so are the names of the weights
(`classifier.1.weight`, ...): a state dict fits there as well.
"""

from __future__ import annotations

from typing import Literal, cast

from torch import Tensor, nn

Task = Literal["binary", "multi-label"]


class HeadNetwork(nn.Module):
    """A fully connected network on standardised features.

    Args:
        width: Number of features.
        n_labels: Number of labels; 1 for the binary task.
        task: `"binary"` has two outputs, abnormal and normal, of which a softmax makes
            probabilities; `"multi-label"` has one output per label, each with its own sigmoid.
        dropout: Share of the values that are dropped before each hidden layer while training.
    """

    def __init__(self, width: int, n_labels: int, task: Task, dropout: float) -> None:
        super().__init__()
        self.task = task
        layers = _binary(width, dropout) if task == "binary" else _multi_label(width, n_labels, dropout)
        self.classifier = nn.Sequential(*layers)
        for module in self.classifier:
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Return the outputs, `(n, 2)` for the binary task and `(n, labels)` for several labels."""
        return cast(Tensor, self.classifier(features))

    def logits(self, features: Tensor) -> Tensor:
        """Return the log odds of each label, `(n, labels)`.

        The odds of *normal* (class 1) against *abnormal* (class 0) are the difference of the two
        outputs: their sigmoid is the softmax, and the binary cross-entropy of the one is the
        cross-entropy of the other.
        """
        outputs = self.forward(features)
        return outputs[:, 1:] - outputs[:, :1] if self.task == "binary" else outputs


def _binary(width: int, dropout: float) -> list[nn.Module]:
    return [
        *(nn.Dropout(dropout), nn.Linear(width, 260), nn.ReLU()),
        *(nn.Dropout(dropout), nn.Linear(260, 64), nn.ReLU()),
        *(nn.Dropout(dropout), nn.Linear(64, 2)),
    ]


def _multi_label(width: int, n_labels: int, dropout: float) -> list[nn.Module]:
    return [
        *(nn.Dropout(dropout), nn.Linear(width, 512), nn.BatchNorm1d(512), nn.ReLU()),
        *(nn.Dropout(dropout), nn.Linear(512, 256), nn.BatchNorm1d(256), nn.ReLU()),
        *(nn.Dropout(dropout), nn.Linear(256, 128), nn.BatchNorm1d(128), nn.ReLU()),
        *(nn.Dropout(dropout), nn.Linear(128, n_labels)),
    ]
