"""WavLM's attention with gated relative positions, for inference on the CPU.

transformers computes it with a function that also returns the attention weights and reads the
projections past their modules. Here the gated position bias is the mask of torch's own attention.
The results agree to rounding. Chen et al. 2022, https://arxiv.org/abs/2110.13900, section 3.2.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers.models.wavlm.modeling_wavlm import WavLMAttention

from heartprobe.encoders.onednn_linear import is_plain_inference


class FastWavLMAttention(WavLMAttention):  # type: ignore[misc]  # transformers carries no types
    """WavLM's attention, computed without its weights in plain inference, and as usual otherwise."""

    def forward(
        self,
        hidden_states: Tensor,
        attention_mask: Tensor | None = None,
        position_bias: Tensor | None = None,
        **rest: Any,
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Return `(hidden states, no weights, position bias for the next layer)`.

        Args:
            hidden_states: `(batch, frames, width)`.
            attention_mask: None in this package, which never pads.
            position_bias: What the layer before returned; the first layer makes it.
            rest: What transformers passes besides.
        """
        if attention_mask is not None or not is_plain_inference(hidden_states):
            result: tuple[Tensor, Tensor | None, Tensor | None] = super().forward(
                hidden_states, attention_mask=attention_mask, position_bias=position_bias, **rest
            )
            return result
        batch, frames, width = hidden_states.shape
        if position_bias is None:
            position_bias = self.compute_bias(frames, frames)[None]  # (1, heads, frames, frames)

        def by_head(values: Tensor) -> Tensor:
            return values.view(batch, frames, self.num_heads, -1).transpose(1, 2)

        gates = self.gru_rel_pos_linear(by_head(hidden_states)).unflatten(-1, (2, 4)).sum(-1)
        update, reset = torch.sigmoid(gates).chunk(2, dim=-1)
        gate = update * (reset * self.gru_rel_pos_const - 1.0) + 2.0  # (batch, heads, frames, 1)
        mixed = nn.functional.scaled_dot_product_attention(
            by_head(self.q_proj(hidden_states)),
            by_head(self.k_proj(hidden_states)),
            by_head(self.v_proj(hidden_states)),
            attn_mask=gate * position_bias,
        )
        return self.out_proj(mixed.transpose(1, 2).reshape(batch, frames, width)), None, position_bias


def use_fast_attention(module: nn.Module) -> None:
    """Let every WavLM attention in a module be a `FastWavLMAttention`; parameters and names stay as they are."""
    for layer in module.modules():
        if type(layer) is WavLMAttention:
            layer.__class__ = FastWavLMAttention
