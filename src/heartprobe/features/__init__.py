"""Pooled hidden states: computed once, stored, and looked up again."""
