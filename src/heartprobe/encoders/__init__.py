"""Pre-trained and weight-free audio encoders behind one protocol."""
