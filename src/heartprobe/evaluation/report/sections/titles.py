"""The titles of the sections, in their order; checklists point to them."""

from __future__ import annotations

from typing import Final

DATA: Final = "Data and split"
RESULT: Final = "Result per patient"
CURVES: Final = "ROC and precision-recall"
CALIBRATION: Final = "Calibration"
DECISIONS: Final = "Decisions"
POSITIONS: Final = "Positions"
AUDIT: Final = "Confounder audit"
SITES: Final = "Site by site"
HARDEST: Final = "Hardest patients"
METRICS: Final = "All metrics"
SETTINGS: Final = "Model, settings and environment"
LIMITS: Final = "Limits"
CHECKLISTS: Final = "Reporting checklists"

ALL_TITLES: Final = (
    DATA,
    RESULT,
    CURVES,
    CALIBRATION,
    DECISIONS,
    POSITIONS,
    AUDIT,
    SITES,
    HARDEST,
    METRICS,
    SETTINGS,
    LIMITS,
    CHECKLISTS,
)
