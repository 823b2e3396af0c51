"""Fitting heads and fine-tuning encoders."""
