"""A report that people read: `report.md`, and `report.html` in one file that needs no network.

opening, results, background    what is said, as plain content; one function per section
compose                         the sections in their order
markdown, html                  how content looks
roc                             the picture
"""

from __future__ import annotations

from heartprobe.evaluation.report.opening import headline, warnings
from heartprobe.evaluation.report.results import result_table
from heartprobe.evaluation.report.write import write_report_html, write_report_md

__all__ = ["headline", "result_table", "warnings", "write_report_html", "write_report_md"]
