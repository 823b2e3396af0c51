"""The settings of a pre-training, apart from those of an experiment: every key, default and meaning."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from heartprobe.config.schema import Section
from heartprobe.encoders.pcg.architecture import Architecture

Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0)]


class MaterialSettings(Section):
    """What is heard."""

    labelled_sites: tuple[str, ...] = Field(
        ("training-a", "training-c", "training-d", "training-f"),
        description="Sites whose labels are learned; those of b and e, where abnormal means something else, are not. "
        "`[]` for no label at all.",
    )
    held_out: tuple[str, ...] = Field((), description="Sites that are not heard at all, so that they can be tested on.")
    synthetic_patients: int = Field(2500, ge=1, description="Synthetic patients, two recordings of 10 s each.")
    synthetic_seed: int = Field(7, ge=0, description="Seed of the synthetic patients.")

    @model_validator(mode="after")
    def _something_is_labelled(self) -> MaterialSettings:
        if self.labelled_sites and not set(self.labelled_sites) - set(self.held_out):
            raise ValueError("every one of material.labelled_sites is held out; leave one of them in")
        return self


class InvarianceSettings(Section):
    """What shall make no difference: how far each crop is changed."""

    speed: Share = Field(0.12, description="Largest change of the heart rate, as a logarithm.")
    pitch: Share = Field(0.05, description="Largest shift of the bands, as a share of them.")
    compression: Share = Field(0.15, description="Largest change of the dynamics, as a logarithm.")
    noise: Weight = Field(1.0, description="How loud and how uneven noise floors become; 0 for none.")
    narrow: Share = Field(0.5, description="How often a stethoscope ends early or begins late: noise beyond a corner.")
    masks: Weight = Field(1.0, description="How long the two masked stretches of time and of bands become.")


class ObjectiveSettings(Section):
    """What is learned: the weight of each objective."""

    abnormal: Weight = Field(1.0, description="Normal or abnormal, real recordings.")
    synthetic_abnormal: Weight = Field(0.5, description="Normal or abnormal, synthetic recordings.")
    lesions: Weight = Field(1.0, description="N, AS, AR, MR, MS of synthetic recordings.")
    phases: Weight = Field(0.5, description="S1, systole, S2, diastole of each frame of synthetic recordings.")
    reconstruction: Weight = Field(0.5, description="The clean spectrum from the masked and noisy one, everything.")
    clusters: Weight = Field(0.0, description="Which cluster of clean sound a frame is, everything.")
    n_clusters: int = Field(100, ge=2, le=2000, description="Clusters of 128 ms that are found in real recordings.")
    self_distillation: Weight = Field(
        0.0, description="What the moving average of the weights makes of the clean crop, everything."
    )
    label_smoothing: Share = Field(0.05, description="How far the labels of real recordings are drawn to one half.")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(0.2, description="Dropout before normal or abnormal.")

    @model_validator(mode="after")
    def _something_is_learned(self) -> ObjectiveSettings:
        aims = (self.abnormal, self.synthetic_abnormal, self.lesions, self.phases)
        if not any((*aims, self.reconstruction, self.clusters, self.self_distillation)):
            raise ValueError("every weight is 0; give one of the objectives a weight")
        return self


class ScheduleSettings(Section):
    """How long, in which steps."""

    steps: int = Field(800, ge=2, description="Steps of AdamW.")
    labelled: int = Field(
        64,
        ge=2,
        description="Labelled crops of a step; sites and classes count the same. Without labels, unlabelled ones.",
    )
    synthetic: int = Field(32, ge=2, description="Synthetic crops of a step.")
    unlabelled: int = Field(16, ge=0, description="Crops of any site of a step, without their labels.")
    crop_frames: int = Field(250, ge=32, description="Length of a crop in frames of 16 ms.")
    learning_rate: Annotated[float, Field(gt=0, lt=1)] = Field(3e-3, description="Highest rate; one cycle up and down.")
    weight_decay: Weight = Field(0.02, description="Weight decay of AdamW.")
    average: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.99, description="Share of the old weights in the moving average, which is what is kept in the end."
    )
    largest_gradient: float = Field(2.0, gt=0, description="Largest norm of the gradient.")
    checkpoint_every: int = Field(50, ge=1, description="Steps from one checkpoint to the next.")
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of initial weights, crops and changes.")


class PretrainingSettings(Section):
    """All settings of a pre-training; the defaults are those of the shipped encoder."""

    architecture: Architecture = Architecture()
    material: MaterialSettings = MaterialSettings()
    invariances: InvarianceSettings = InvarianceSettings()
    objectives: ObjectiveSettings = ObjectiveSettings()
    schedule: ScheduleSettings = ScheduleSettings()
