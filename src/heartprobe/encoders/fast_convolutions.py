"""The convolutions of raw-waveform encoders as matrix products, for inference on the CPU.

The front end is a quarter of the work of a base model but took 40 % of its time: torch's
convolutions reorder their input and output, and the first one, with its normalisation over time,
goes three times through 33 MB for 5 s of sound. Kept channels-last, a strided convolution is one
or two matrix products of views, and that normalisation can be folded into the first of them. Each
function agrees with transformers' modules to rounding.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from heartprobe.encoders.onednn_linear import onednn_linear


def convolve(layers: Iterable[Any], windows: Tensor) -> Tensor:
    """Return what the convolutional layers of a feature extractor make of windows.

    Args:
        layers: transformers' `feature_extractor.conv_layers`: convolution, normalisation over time
            (first layer of the base models), over channels (large models) or none, activation.
        windows: `(batch, samples)`, fp32 on the CPU, no gradients.

    Returns:
        `(batch, frames, channels)`.
    """
    hidden = windows[:, :, None]
    for layer in layers:
        norm = getattr(layer, "layer_norm", None)
        if isinstance(norm, nn.GroupNorm):
            hidden = torch.stack([_convolve_and_normalise(one[:, 0], layer.conv, norm) for one in hidden])
        else:
            hidden = strided_convolution(hidden, layer.conv)
            hidden = hidden if norm is None else norm(hidden)
        hidden = layer.activation(hidden)
    return hidden


def strided_convolution(values: Tensor, convolution: nn.Conv1d) -> Tensor:
    """Return a convolution without padding of channels-last values.

    With stride s, s neighbouring steps are one row of a matrix: the first s taps of the kernel are
    a product with those rows, the next s taps one with the rows that follow, and so on. No row is
    copied.

    Args:
        values: `(batch, steps, channels)`, contiguous.
        convolution: Its `padding` is 0, its `dilation` and `groups` are 1.

    Returns:
        `(batch, steps', channels')`, contiguous.
    """
    (kernel,), (stride,) = convolution.kernel_size, convolution.stride
    batch, steps, channels = values.shape
    n_out = (steps - kernel) // stride + 1
    result: Tensor | None = None
    for tap in range(0, kernel, stride):
        n_taps = min(stride, kernel - tap)
        rows = values.as_strided(
            (batch, n_out, n_taps * channels),
            (steps * channels, stride * channels, 1),
            values.storage_offset() + tap * channels,
        )
        weight = convolution.weight[:, :, tap : tap + n_taps].transpose(1, 2).flatten(1)
        if result is None:
            result = onednn_linear(rows, weight, convolution.bias)
        else:
            result += onednn_linear(rows, weight)
    assert result is not None, "a kernel has at least one tap"
    return result


def _convolve_and_normalise(sound: Tensor, convolution: nn.Conv1d, norm: nn.GroupNorm) -> Tensor:
    """Return the first convolution of one window with each channel normalised over time.

    A channel is `weight @ frame`, so its mean over time is `weight @ mean of the frames` and its
    variance `weight @ covariance of the frames @ weight`: both are known before the convolution
    is computed and go into its weight and bias. A bias of its own would cancel out.

    Args:
        sound: `(samples,)`.
        convolution: From one channel to many.
        norm: With one channel per group.

    Returns:
        `(frames, channels)`.
    """
    frames = sound.unfold(0, convolution.kernel_size[0], convolution.stride[0]).contiguous()
    mean = frames.mean(0, dtype=torch.float64)
    centred = frames - mean
    covariance = centred.T @ centred / len(frames)
    weight = convolution.weight[:, 0].double()
    variance = ((weight @ covariance) * weight).sum(1)
    scale = norm.weight / torch.sqrt(variance + norm.eps)
    scaled = weight * scale[:, None]
    return onednn_linear(frames, scaled.float(), (norm.bias - scaled @ mean).float())


def positions(embedding: Any, hidden: Tensor) -> Tensor:
    """Return what transformers' convolution for positions adds to the hidden state.

    As a two-dimensional convolution it keeps its input channels-last, which takes a third less time.

    Args:
        embedding: transformers' `encoder.pos_conv_embed`.
        hidden: `(batch, frames, width)`, fp32 on the CPU, no gradients.

    Returns:
        `(batch, frames, width)`.
    """
    convolution = getattr(embedding, "conv", None)
    if convolution is None or getattr(embedding, "batch_norm", None) is not None:
        return embedding(hidden)  # type: ignore[no-any-return]  # transformers carries no types
    result = nn.functional.conv2d(
        hidden.transpose(1, 2)[:, :, None],
        convolution.weight[:, :, None],
        convolution.bias,
        padding=(0, *convolution.padding),
        groups=convolution.groups,
    )
    result = embedding.activation(embedding.padding(result[:, :, 0]))
    return result.transpose(1, 2)  # type: ignore[no-any-return]
