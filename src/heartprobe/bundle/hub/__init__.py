"""Model folders on the Hugging Face hub: publishing one, and fetching one that somebody published.

`huggingface_hub` does the talking, so its environment variables hold: `HF_TOKEN`, `HF_ENDPOINT`,
`HF_HUB_OFFLINE`, `HF_HOME`. Whatever goes wrong becomes one sentence that says what to do next.
"""

from __future__ import annotations

from heartprobe.bundle.hub.fetch import FetchedBundle, fetch_bundle
from heartprobe.bundle.hub.publish import Published, publish_bundle

__all__ = ["FetchedBundle", "Published", "fetch_bundle", "publish_bundle"]
