"""`heartprobe-pcg`: a small convolutional encoder made for heart sounds, pre-trained by `heartprobe pretrain`.

What it hears cannot tell one stationary channel from another: the recording is brought to unit variance, and the
mean over time of every band's log power is taken out, so that a gain or a filter in front is gone but for the noise
that it lifts or buries.
"""
