"""Metrics of one label or several, with intervals over patients."""
