"""The settings of an experiment: every section, key, type, default and meaning.

The first seven sections are those of the original project, whose `config.json` is valid here as
it is; `features` and `evaluation` are added. What belongs to the machine and must not change a
number (device, cache folder, workers of the extraction) is not here but on the command line.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from heartprobe.labels import LABELS, NORMAL

DemographicField = Literal["age", "sex", "smoker", "lives"]
PatientRule = Literal["mean", "median", "max", "noisy-or", "any-positive", "learned"]

UnitInterval = Annotated[float, Field(gt=0, lt=1)]
TimeScale = Annotated[float, Field(ge=0.25, le=16)]


class Section(BaseModel):
    """A section of the configuration: unknown keys are refused, values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class DatasetConfig(Section):
    """Which recordings, which labels, which demographics."""

    name: str = Field(
        "bmd-hs", description="Reader of the data set; several joined with `+`, which `--data NAME=DIR` does."
    )
    disease_classes: tuple[str, ...] = Field(
        LABELS, min_length=1, description="Labels to predict with `training.multi_label`, in this order."
    )
    normal_class: str = Field(
        NORMAL, description="The label that is 1 for a normal heart; the only one predicted without `multi_label`."
    )
    train_csv: str = Field("train.csv", description="Table of patients, labels and recordings.")
    metadata_csv: str = Field("additional_metadata.csv", description="Table of demographics.")
    recording_columns: tuple[str, ...] = Field(
        tuple(f"recording_{i}" for i in range(1, 9)),
        min_length=1,
        description="Columns of the first table that name the recordings.",
    )
    dataset_folder: str = Field("dataset", description="Where the data set is downloaded to and looked for.")
    repo_url: str = Field(
        "https://github.com/mHealthBuet/BMD-HS-Dataset", description="Repository that the data set is downloaded from."
    )
    revision: str = Field(
        # The commit by which the recordings and both tables first lay in the mirror, according to a
        # public index of the file versions of GitHub repositories; the checksums of its files are
        # in data/bmd_hs_release.py.
        "a89501918529b7bb8ee32758e7b6c7e769fd24e2",
        min_length=1,
        description="Commit, tag or branch of the repository; checksums are verified where they are known for it.",
    )
    mirror_url: str = Field(
        "https://github.com/sani002/BMD-HS-Dataset", description="Repository that is tried second; empty for none."
    )
    demographics: tuple[DemographicField, ...] = Field(
        (), description="Demographics that are concatenated to the features; none by default."
    )


class AudioConfig(Section):
    """How a recording becomes windows."""

    sample_rate: int | None = Field(
        None,
        ge=1000,
        le=192_000,
        description="Sampling rate in Hz that the encoder expects; taken from the encoder where it is not set, "
        "and refused where the encoder expects another.",
    )
    duration: float = Field(5.0, gt=0, le=120, description="Length of a window in seconds of recording.")
    target_channels: Literal[1] = Field(1, description="Channels of a window; recordings are mixed down to one.")
    windows: Literal["all", "centre", "whole"] = Field(
        "all",
        description="`all`: windows over the whole recording; `centre`: the middle one alone; `whole`: the recording "
        "as one window, whatever its length, so that `duration` does not apply.",
    )
    time_scale: TimeScale | Annotated[tuple[TimeScale, ...], Field(min_length=1)] = Field(
        1.0,
        description="How many times faster the recording is played to the encoder; "
        "at 4 a 4 kHz recording is read as if it had 16 kHz. Of several (`[1, 2, 4]`) one is chosen on validation.",
    )
    normalise: Literal["standard", "peak", "none"] = Field(
        "standard",
        description="`standard`: zero mean and unit variance over the recording; `peak`: zero mean, then the largest "
        "magnitude is 1; `none`: only the offset is removed.",
    )
    bandpass_hz: tuple[float, float] | None = Field(
        None, description="Lower and upper corner of a zero-phase Butterworth band-pass, in Hz of the recording."
    )
    remove_spikes: bool = Field(False, description="Remove friction spikes (Schmidt et al. 2010).")
    equalise: bool = Field(
        False,
        description="Take the recording's own long-term spectrum out, and with it most of what stethoscope and room "
        "add to every sound alike. For recordings from elsewhere.",
    )

    @model_validator(mode="after")
    def _corners_in_order(self) -> AudioConfig:
        if self.bandpass_hz is not None and not 0 < self.bandpass_hz[0] < self.bandpass_hz[1]:
            raise ValueError(f"bandpass_hz: the corners must satisfy 0 < low < high, not {list(self.bandpass_hz)}")
        return self


class DemographicsConfig(Section):
    """How demographics become numbers."""

    encoding: dict[str, float] = Field(
        {"M": 1, "F": 0, "U": 1, "R": 0}, description="Number for each category of sex and residence."
    )


class FeaturesConfig(Section):
    """Which hidden state is used, and how precisely it is computed."""

    layer: Literal["select", "last", "all"] | Annotated[int, Field(ge=0)] = Field(
        "select",
        description="Hidden state to use: a number from 0, `last`, `all` (the mean of the log odds of a `linear` head "
        "on each), or `select`: chosen on validation from all of these.",
    )
    precision: Literal["fp32", "bf16", "auto"] = Field(
        "fp32",
        description="Arithmetic of the encoder; `auto` is bf16 where the device computes in it. Changes numbers.",
    )


class EarlyStoppingConfig(Section):
    """When training ends."""

    patience: int = Field(25, ge=1, description="Epochs without a better validation score before training stops.")
    min_delta: float = Field(1e-4, ge=0, description="Smallest gain that counts as better.")


class SchedulerConfig(Section):
    """When the learning rate falls (ReduceLROnPlateau on the validation score)."""

    mode: Literal["max", "min"] = Field("max", description="`max` watches the validation score, `min` its loss.")
    patience: int = Field(15, ge=0, description="Epochs without a better value before the rate falls.")
    factor: UnitInterval = Field(0.5, description="What the rate is multiplied with.")


class GradientClippingConfig(Section):
    """How large a gradient may be."""

    max_norm: float = Field(1.0, gt=0, description="Largest norm of the gradient.")


class FineTuningConfig(Section):
    """What is trained with `freeze_encoder: false`."""

    top_layers: Literal["all"] | Annotated[int, Field(ge=1)] = Field(
        "all", description="How many of the encoder's last layers are trained."
    )
    freeze_front_end: bool = Field(True, description="Keep everything below the transformer layers as it is.")
    learning_rate: float = Field(5e-5, gt=0, lt=1, description="Learning rate of the encoder's parameters.")
    epochs: int = Field(10, ge=1, description="Largest number of epochs when the encoder is trained.")
    patience: int = Field(3, ge=1, description="Epochs without a better validation score before it stops.")


class TrainingConfig(Section):
    """How the classifier is trained."""

    batch_size: int = Field(16, ge=1, description="Windows per training step.")
    epochs: int = Field(200, ge=1, description="Largest number of epochs of the `mlp` head.")
    learning_rate: float = Field(1e-3, gt=0, lt=1, description="Learning rate of the head.")
    test_ratio: UnitInterval = Field(0.2, description="Share of the patients in the test part (`holdout`).")
    validation_ratio: UnitInterval = Field(
        0.2, description="Share of the remaining patients in the validation part (`holdout`)."
    )
    random_seed: int = Field(42, ge=0, lt=2**32, description="Seed of splits, initial weights, batches and bootstrap.")
    freeze_encoder: bool = Field(True, description="`true`: probe the frozen encoder; `false`: train it with the head.")
    multi_label: bool = Field(False, description="`true`: all `disease_classes`; `false`: normal against abnormal.")
    early_stopping: EarlyStoppingConfig = EarlyStoppingConfig()
    scheduler: SchedulerConfig = SchedulerConfig()
    gradient_clipping: GradientClippingConfig = GradientClippingConfig()
    weight_decay: float = Field(1e-3, ge=0, description="Weight decay of AdamW.")
    dropout_rate: float = Field(0.3, ge=0, lt=1, description="Dropout of the head.")
    class_weights: bool = Field(True, description="Weigh classes inversely to their frequency in the training part.")
    site_weights: bool = Field(
        True,
        description="Let the sites of the training part count the same within each class, however many recordings "
        "they have; without effect where there is one site.",
    )
    c_grid: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (0.003, 0.01, 0.03, 0.1, 0.3),
        min_length=1,
        description="Inverse regularisation strengths that the `linear` head chooses from on validation.",
    )
    fine_tuning: FineTuningConfig = FineTuningConfig()


class ModelsConfig(Section):
    """Which encoder and which head."""

    available_models: tuple[str, ...] = Field(
        (
            "facebook/wav2vec2-base",
            "facebook/wav2vec2-large",
            "facebook/wav2vec2-large-960h",
            "microsoft/wavlm-base-plus",
        ),
        description="Encoders that are offered when a name is misspelt, beside the catalogue.",
    )
    default_model: str = Field(
        "facebook/wav2vec2-base", min_length=1, description="Encoder: a catalogue name, a hub id or a folder."
    )
    save_directory: str = Field("models", description="Where `main.py` writes its weights and results.")
    head: Literal["linear", "mlp", "select"] = Field(
        "linear",
        description="`linear`: logistic regression, one per label; `mlp`: the original project's networks; "
        "`select`: the better one on validation.",
    )


class DataLoadingConfig(Section):
    """How batches are fed while a network is trained."""

    num_workers: int = Field(2, ge=0, description="Processes that read windows while an encoder is fine-tuned.")
    pin_memory: bool = Field(True, description="Pin batches in memory when a CUDA device is used.")
    shuffle_train: bool = Field(True, description="Draw training windows in random order.")
    shuffle_val: bool = Field(
        False,
        description="Accepted as the original had it, without effect: no result depends on the order of validation.",
    )


class LoggingConfig(Section):
    """How often progress is printed while a head is trained."""

    print_frequency: int = Field(20, ge=1, description="Print every n-th epoch.")
    early_epochs_print: int = Field(10, ge=0, description="Print each of the first n epochs.")


class EvaluationConfig(Section):
    """How the result is measured."""

    protocol: Literal["holdout", "cv", "leave-site-out", "external", "splits"] = Field(
        "holdout",
        description="`holdout`: one split; `cv`: cross-validation, every patient tested once per repeat; "
        "`leave-site-out`: every site tested once by a model of the others; `external`: the data sets of `test_sets` "
        "tested by a model of the others; `splits`: those of `splits_file`.",
    )
    test_sets: tuple[str, ...] = Field((), description="Data sets that are tested (`external`); `--test-data` sets it.")
    splits_file: str | None = Field(
        None,
        description="Table of splits: repeat, fold, patient_id, part (`splits`); `--splits` sets it.",
    )
    folds: int = Field(5, ge=2, description="Test folds of a repeat (`cv`).")
    repeats: int = Field(1, ge=1, description="How often the patients are divided anew (`cv`).")
    selection_folds: int = Field(
        5,
        ge=2,
        description="Validation folds inside the development part of each test fold; with `leave-site-out` and "
        "`external` only where fewer than three sites are developed on (else each site is one).",
    )
    patient_rule: PatientRule = Field(
        "mean",
        description="How the recordings' probabilities become the patient's: `mean`, `median`, `max` or `noisy-or`; "
        "`any-positive`: the most conspicuous calibrated recording, with a threshold from validation; `learned`: a "
        "weighted mean of log odds with a weight per position, fitted on validation patients.",
    )
    calibration: Literal["none", "platt", "temperature"] = Field(
        "platt",
        description="How probabilities are calibrated on validation patients: slope and offset, or slope alone.",
    )
    threshold_rule: Literal["fixed", "youden", "sensitivity"] = Field(
        "youden",
        description="Where a finding is declared: `fixed`: from `evaluation.threshold`; chosen on validation patients "
        "`youden`: where sensitivity plus specificity is highest, `sensitivity`: where `evaluation.sensitivity` is "
        "just reached.",
    )
    threshold: UnitInterval = Field(
        0.5, description="Probability of a finding (for `N`: of an abnormal heart) from which it is declared (`fixed`)."
    )
    sensitivity: UnitInterval = Field(0.9, description="Sensitivity to reach on validation patients (`sensitivity`).")
    specificity: UnitInterval = Field(0.9, description="Specificity at which the report quotes the sensitivity.")
    prevalences: tuple[UnitInterval, ...] = Field(
        (0.05, 0.25), description="Shares of the sick at which the report gives PPV, NPV and net benefit."
    )
    largest_error: UnitInterval = Field(
        0.1,
        description="Share of wrong decisions among validation patients above which answers are withheld as uncertain.",
    )
    bootstrap_draws: int = Field(2000, ge=100, description="Draws of the bootstrap over patients.")


class Config(Section):
    """All settings of an experiment."""

    dataset: DatasetConfig = DatasetConfig()
    audio: AudioConfig = AudioConfig()
    demographics: DemographicsConfig = DemographicsConfig()
    features: FeaturesConfig = FeaturesConfig()
    training: TrainingConfig = TrainingConfig()
    models: ModelsConfig = ModelsConfig()
    data_loading: DataLoadingConfig = DataLoadingConfig()
    logging: LoggingConfig = LoggingConfig()
    evaluation: EvaluationConfig = EvaluationConfig()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels to predict: all of them, or the normal one alone."""
        return self.dataset.disease_classes if self.training.multi_label else (self.dataset.normal_class,)
