"""The demographics of BMD-HS, row by row from its second table."""

from __future__ import annotations

from heartprobe.data.demographic_cells import LIVES, SEX, SMOKER, age_of, category_of, is_age_band
from heartprobe.data.recordings import Demographics, Finding
from heartprobe.data.tables import Table

#: Where the table keeps each of the demographics.
DEMOGRAPHIC_COLUMNS = {"age": "Age", "sex": "Gender", "smoker": "Smoker", "lives": "Lives"}


def read_demographics(table: Table) -> tuple[dict[str, Demographics], list[Finding]]:
    """Read the demographics of every patient; an empty cell is an unknown value.

    An age is a number of years, or a band of years such as `30-39` (the tables that the data
    set's authors published later), whose middle is taken.

    Returns:
        Demographics by patient id, and notes on what is not given or not exact.

    Raises:
        TableError: If a column is missing.
    """
    table.require(["patient_id", *DEMOGRAPHIC_COLUMNS.values()])
    patients: dict[str, Demographics] = {}
    findings: list[Finding] = []
    for patient_id, row in table.by_key("patient_id").items():
        patients[patient_id] = Demographics(
            age=age_of(row, DEMOGRAPHIC_COLUMNS["age"]),
            sex=category_of(row, DEMOGRAPHIC_COLUMNS["sex"], SEX),
            smoker=category_of(row, DEMOGRAPHIC_COLUMNS["smoker"], SMOKER),
            lives=category_of(row, DEMOGRAPHIC_COLUMNS["lives"], LIVES),
        )
        blank = [column for column in DEMOGRAPHIC_COLUMNS.values() if not row[column]]
        if blank:
            detail = f"{row.place}: {', '.join(blank)} is not given."
            findings.append(Finding("no-demographics", patient_id, detail, is_problem=False))
    bands = sum(is_age_band(row[DEMOGRAPHIC_COLUMNS["age"]]) for row in table.rows)
    if bands:
        detail = f"{bands} of {len(table.rows)} ages are bands such as 30-39; the middle of the band (34.5) is used."
        findings.append(Finding("age-band", table.path.name, detail, is_problem=False))
    return patients, findings
