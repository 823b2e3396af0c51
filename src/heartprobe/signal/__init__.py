"""From a recording to full-length windows."""
