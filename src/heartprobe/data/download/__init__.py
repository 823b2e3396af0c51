"""Download of data sets: resumable, verified, whole or not at all."""

from heartprobe.data.download.bmd_hs import fetch_bmd_hs

__all__ = ["fetch_bmd_hs"]
