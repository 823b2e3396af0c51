"""The numbers that an encoder's `config.json` holds, and everything that follows from them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

MODEL_TYPE: Literal["heartprobe-pcg"] = "heartprobe-pcg"


class Architecture(BaseModel):
    """How an encoder is built; its weights fit no other numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    rate_hz: int = Field(2000, ge=500, le=16_000, description="Sampling rate that it hears, in Hz.")
    window: int = Field(128, ge=16, description="Samples of a frame's Hann window (64 ms).")
    hop: int = Field(32, ge=4, description="Samples from one frame to the next (16 ms).")
    n_fft: int = Field(256, ge=32, description="Points of the Fourier transform; a frame is zero-padded to it.")
    n_bands: int = Field(40, ge=8, le=128, description="Triangular bands.")
    low_hz: float = Field(20.0, gt=0, description="Centre of the lowest band.")
    linear_to_hz: float = Field(200.0, gt=0, description="Bands have equal widths up to here, then equal ratios.")
    high_hz: float = Field(800.0, gt=0, description="Upper edge of the bands.")
    power_floor: float = Field(1e-5, gt=0, description="Added to the power of a band, of a sound of unit variance.")
    channels: int = Field(32, ge=1, le=256, description="Channels of the first convolution.")
    width: int = Field(192, ge=1, le=2048, description="Numbers that describe a frame in the end.")

    @property
    def frame_rate_hz(self) -> float:
        """Frames of the spectrum per second."""
        return self.rate_hz / self.hop

    @property
    def time_stride(self) -> int:
        """Frames of the spectrum for one frame of the network."""
        return 8

    @property
    def bands_left(self) -> int:
        """Rows that four convolutions of stride 2 leave of the bands."""
        left = self.n_bands
        for _ in range(4):
            left = -(-left // 2)
        return left
