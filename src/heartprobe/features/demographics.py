"""Age, sex, smoking and residence as numbers, normalised on the training patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self, cast, get_args

import numpy as np
from numpy.typing import NDArray

from heartprobe.config.schema import DemographicField
from heartprobe.data.recordings import Patient
from heartprobe.errors import BundleError, ConfigError


@dataclass(frozen=True, slots=True)
class DemographicsEncoder:
    """Turns patients into rows of numbers, one column per field.

    Age is in years, smoking is 1 or 0, sex and residence are looked up in `encoding`. Each column
    is then shifted and scaled to zero mean and unit variance (biased) over the patients that it
    was fitted on, where known. An unknown value becomes 0, which is their mean. A column that
    does not vary among them, or is unknown for all, is only shifted.

    Attributes:
        fields: Columns, in this order.
        encoding: Number for each category of sex and residence.
        mean: Per column, before normalisation.
        std: Per column; 1 where a column does not vary.
    """

    fields: tuple[DemographicField, ...]
    encoding: Mapping[str, float]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def fit(
        cls, patients: Sequence[Patient], fields: Sequence[DemographicField], encoding: Mapping[str, float]
    ) -> Self:
        """Fit the normalisation on these patients, which must be training patients only.

        Raises:
            ConfigError: A patient's sex or residence has no number in `encoding`.
        """
        columns = [_known(_raw(patients, name, encoding)) for name in fields]
        mean = tuple(float(column.mean()) if column.size else 0.0 for column in columns)
        std = tuple(float(column.std()) if np.unique(column).size > 1 else 1.0 for column in columns)
        return cls(tuple(fields), dict(encoding), mean, std)

    def transform(self, patients: Sequence[Patient]) -> NDArray[np.float32]:
        """Return one row per patient, `(n, fields)`.

        Raises:
            ConfigError: A patient's sex or residence has no number in `encoding`.
        """
        rows = np.zeros((len(patients), len(self.fields)))
        for i, name in enumerate(self.fields):
            rows[:, i] = np.nan_to_num((_raw(patients, name, self.encoding) - self.mean[i]) / self.std[i])
        return rows.astype(np.float32)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, from which `from_dict` makes the same encoder."""
        values = asdict(self)
        return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the encoder that `as_dict` described.

        Raises:
            BundleError: The values do not describe one.
        """
        try:
            fields, mean, std = (tuple(values[key]) for key in ("fields", "mean", "std"))
            encoding = {str(key): float(number) for key, number in values["encoding"].items()}
            mean, std = tuple(map(float, mean)), tuple(map(float, std))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BundleError(f"The demographics of this model cannot be read: {error!r}.") from error
        unknown = [name for name in fields if name not in get_args(DemographicField)]
        if unknown or not len(fields) == len(mean) == len(std) or not all(np.isfinite([*mean, *std])) or 0 in std:
            raise BundleError(
                "The demographics of this model are damaged: "
                f"fields {list(fields)}, mean {list(mean)}, std {list(std)}."
            )
        return cls(cast(tuple[DemographicField, ...], fields), encoding, mean, std)


def _known(column: NDArray[np.float64]) -> NDArray[np.float64]:
    return column[~np.isnan(column)]


def _raw(patients: Sequence[Patient], name: DemographicField, encoding: Mapping[str, float]) -> NDArray[np.float64]:
    return np.array([_number(patient, name, encoding) for patient in patients], dtype=np.float64)


def _number(patient: Patient, name: DemographicField, encoding: Mapping[str, float]) -> float:
    """Return the number of one field of one patient, NaN where it is unknown."""
    value = getattr(patient.demographics, name)
    if value is None:
        return float("nan")
    if not isinstance(value, str):
        return float(value)
    if value not in encoding:
        raise ConfigError(
            f"Patient {patient.patient_id}: demographics.encoding has no number for {name} {value!r}; "
            f"it knows {', '.join(encoding) or 'nothing'}. Add {value!r} to demographics.encoding."
        )
    return encoding[value]
