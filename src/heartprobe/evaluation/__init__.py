"""Protocols, metrics with intervals, reports."""
