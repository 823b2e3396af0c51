"""Every word that a finding on a data set can have as its kind, and what it means."""

from __future__ import annotations

#: What the reader finds while it matches tables and files.
READER_KINDS = {
    "impossible": "A cell or line of a table cannot be believed; the data set is not used until it is mended.",
    "missing": "A recording or a patient's every recording is listed, but there is no file.",
    "unlisted": "A file or a row of demographics that the table of recordings does not know; it is not used.",
    "ambiguous": "Several files have the name of one recording; none is used.",
    "misnamed": "A file is listed under another name; a documented correction was applied.",
    "contradicting": "The labels of a patient or recording contradict each other; it is left out.",
    "unlabelled": "The table says of a patient, or of recordings, that no label is known; they are left out.",
    "left-out": "Recordings that the data set has, but that are none of a heart, or copies; they are not used.",
    "noisy": "The authors call a recording too noisy; it is used.",
    "no-patients": "The data set does not tell who was recorded; every recording counts as a patient.",
    "no-segmentation": "A recording has no annotation of its heart sounds, although others have one.",
    "unused-column": "A table has a column that is not used.",
    "no-demographics": "Demographics of a patient are unknown.",
    "age-band": "Ages are given as bands of years; the middle of the band is used.",
}

#: What the audit finds in the sound, beside the kinds of `heartprobe.audio`.
SOUND_KINDS = {
    "identical": "Several recordings have exactly the same sound.",
    "short": "A recording is more than 5 % shorter than those of its data set are.",
    "clipped": "The peaks of a recording are cut off.",
    "flat": "All samples of a recording, or of a long stretch in it, are equal.",
}

#: Why the sound of a recording cannot be read, as `AudioError.kind` says; `silent` is reported as `flat`.
UNREADABLE_KINDS = {
    "unreadable": "A file is no sound file, or is damaged.",
    "truncated": "A file holds less sound than its header promises.",
    "empty": "A file holds no sound.",
    "non-finite": "A recording has samples that are infinite or not a number.",
    "too-short": "A recording is shorter than one second.",
    "too-long": "A recording is too long to be one.",
}

#: What the audit finds in the patients.
PATIENT_KINDS = {
    "confounded": "The demographics alone tell a label from its absence.",
}

FINDING_KINDS = {**READER_KINDS, **SOUND_KINDS, **UNREADABLE_KINDS, **PATIENT_KINDS}
