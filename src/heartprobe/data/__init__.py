"""Data sets: readers, patients and recordings, splits, audit, download, synthetic patients."""
