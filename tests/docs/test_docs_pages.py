"""The documentation says what the code does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

import heartprobe.errors
from heartprobe.config.load import setting_names
from heartprobe.errors import HeartprobeError

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", REPOSITORY / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["command-line.md", "configuration.md"])
def test_generated_page_is_up_to_date(generator: ModuleType, page: str) -> None:
    """Run `make docs` where this fails."""
    assert (REPOSITORY / "docs" / page).read_text() == generator.PAGES[page]().rstrip("\n") + "\n"


def test_every_setting_is_on_the_page() -> None:
    text = (REPOSITORY / "docs" / "configuration.md").read_text()
    assert [name for name in setting_names() if f"| `{name.rsplit('.', 1)[-1]}` |" not in text] == []


def test_every_command_has_an_example() -> None:
    text = (REPOSITORY / "docs" / "command-line.md").read_text()
    commands = re.findall(r"^## (heartprobe .*)$", text, flags=re.MULTILINE)
    assert len(commands) >= 9
    assert text.count("Example:") == len(commands)


def test_links_lead_somewhere() -> None:
    """Relative links of every page."""
    broken = []
    for page in [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []


def test_error_tree_is_drawn_as_it_is() -> None:
    """Every public error stands in the drawing, in `__all__`, and derives from the root."""
    names = [
        n
        for n, value in vars(heartprobe.errors).items()
        if isinstance(value, type) and value.__module__ == heartprobe.errors.__name__
    ]
    assert sorted(names) == sorted(n for n in heartprobe.errors.__all__ if n[0].isupper())
    assert all(issubclass(getattr(heartprobe.errors, name), HeartprobeError) for name in names)
    drawn = re.findall(r"[├└]── (\w+)", heartprobe.errors.__doc__ or "")
    assert sorted([*drawn, "HeartprobeError"]) == sorted(names)
