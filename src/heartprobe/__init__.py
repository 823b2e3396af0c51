"""heartprobe classifies heart-sound recordings with pre-trained audio encoders."""

__version__ = "0.1.0"
