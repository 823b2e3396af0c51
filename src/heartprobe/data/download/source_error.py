"""What one address did wrong."""

from __future__ import annotations


class SourceError(Exception):
    """One address cannot be used; another may do.

    It never leaves this package: the text becomes one reason in the `DownloadError` that is raised
    when no address is left. What no other address could mend, such as a full disk, is raised as
    `DownloadError` at once.
    """
