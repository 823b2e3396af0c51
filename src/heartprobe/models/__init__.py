"""Classifier heads behind one face."""
