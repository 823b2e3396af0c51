"""How a model on the hub is named."""

from __future__ import annotations

import pytest

from heartprobe.bundle.hub.reference import HubReference
from heartprobe.errors import ConfigError


@pytest.mark.parametrize(
    "text", ["heart", "a/b/c", "a/..", "../b", "a/b@", "a/b@../x", "a/b@x y", "/a/b", "a/b@-x", "https://a/b", "a/b..c"]
)
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no name of a model on the hub"):
        HubReference.parse(text)


def test_a_name_with_its_revision() -> None:
    assert HubReference.parse("my-lab/heart_1.0") == HubReference("my-lab/heart_1.0", "main")
    pinned = HubReference.parse(f"lab/heart@{'0a' * 20}")
    assert (pinned.name, pinned.is_pinned, str(pinned)) == ("lab/heart", True, f"lab/heart@{'0a' * 20}")
    assert not HubReference.parse("lab/heart@refs/pr/1").is_pinned


def test_where_no_revision_is_taken_none_is_offered() -> None:
    """`push` publishes the newest one."""
    with pytest.raises(ConfigError) as refused:
        HubReference.parse("heart", takes_revision=False)
    assert str(refused.value) == (
        "'heart' is no name of a model on the hub; expected OWNER/NAME, such as my-lab/heart-sounds."
    )
