"""A report that people read: `report.md`, and `report.html` in one file that needs no network.

sections/       what is said, as plain content; one module per section
checklists/     what TRIPOD+AI and STARD-AI ask for, and where it is answered
drawing/        pictures as SVG
compose         the sections in their order
markdown, html  how content looks
read, write     the files
"""

from __future__ import annotations

from heartprobe.evaluation.report.read import read_report
from heartprobe.evaluation.report.write import write_report_html, write_report_md

__all__ = ["read_report", "write_report_html", "write_report_md"]
