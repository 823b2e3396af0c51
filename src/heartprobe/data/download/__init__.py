"""Download of data sets: resumable, verified, whole or not at all."""

from heartprobe.data.download.fetch import fetch

__all__ = ["fetch"]
