"""Elements of HTML and SVG as text, escaped where they are made."""

from __future__ import annotations

from html import escape


class Html(str):
    """Text that is HTML or SVG already; any other text is escaped when it becomes part of an element."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str | float) -> Html:
    """Return an element with escaped attributes and, unless they are `Html`, escaped children.

    A trailing underscore of an attribute is dropped (`class_`), others become hyphens. A number has at most
    two digits after the point, which is finer than a screen.
    """
    start = "".join(f' {name.rstrip("_").replace("_", "-")}="{_value(v)}"' for name, v in attributes.items())
    content = "".join(child if isinstance(child, Html) else escape(child, quote=False) for child in children)
    return Html(f"<{tag}{start}>{content}</{tag}>")


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{round(value, 2) + 0.0:.10g}"
