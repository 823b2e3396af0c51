"""What a report says at its top: planted shortcuts are named, and nothing is claimed that was not looked at."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from audited_people import LYING, SITTING, make_answers, make_brief_report, make_people, noisy
from heartprobe.evaluation.audit import audit_sentences, confounder_audit
from heartprobe.evaluation.audit.partitions import partitions
from heartprobe.evaluation.audit.subgroup_sentences import subgroup_sentences
from heartprobe.evaluation.audit.subgroups import measure_groups
from heartprobe.labels import LABELS

N_PATIENTS = 80
NORMAL = [i % 2 for i in range(N_PATIENTS)]
#: Demographics of which each kind is as common among the ill as among the healthy.
EVEN = {
    "age": [20.0 + (i // 2) % 40 for i in range(N_PATIENTS)],
    "sex": ["FM"[(i // 2) % 2] for i in range(N_PATIENTS)],
    "smoker": [(i // 4) % 3 == 0 for i in range(N_PATIENTS)],
    "lives": ["UR"[(i // 4) % 2] for i in range(N_PATIENTS)],
}
ONE_SITE = {"reason": "all recordings are of one site, made-up"}


def audited(
    people, heard, alone, *, site_probe=ONE_SITE, companion="not asked for", sounds=None, protocol="cv"
) -> dict:
    """Return a report with its audit, of these probabilities of N."""
    predictions = make_answers(people, {"N": heard})
    demographics = None if alone is None else make_answers(people, {"N": alone}).query("level == 'patient'")
    report = make_brief_report(predictions, demographics, protocol=protocol)
    audit = confounder_audit(
        report,
        predictions,
        people,
        sounds or {r.recording_id: r.recording_id for r in people.recordings},
        companion=companion if isinstance(companion, str) else make_answers(people, {"N": companion}),
        site_probe=site_probe,
        seed=0,
        draws=300,
    )
    return {**report, "audit": audit}


def said(report: dict, kind: str = "warning") -> list[str]:
    return [sentence["text"] for sentence in audit_sentences(report) if sentence["kind"] == kind]


HEARD = noisy(NORMAL, 3.0, seed=1)
UNTOLD = noisy([0] * N_PATIENTS, 0.0, seed=2)


@pytest.fixture(scope="module")
def clean() -> dict:
    """A model that hears, and demographics that tell nothing."""
    return audited(make_people({"N": NORMAL}, **EVEN, positions=[LYING, SITTING]), HEARD, UNTOLD)


def test_where_nothing_is_planted_the_report_says_so_with_its_limits(clean) -> None:
    """What could not be checked is named with the reason."""
    assert said(clean) == []
    (sentence,) = said(clean, "clear")
    assert sentence.startswith(
        "Nothing in this audit suggests that the model goes by anything but the heart. Checked: "
    )
    assert "demographics alone, sex, residence, smoking, age, posture and identical recordings" in sentence
    assert "one against several lesions (it is unknown for every tested patient)" in sentence
    assert "the recording site (all recordings are of one site, made-up)" in sentence
    assert "With 80 tested patients only large differences show" in sentence


def test_the_audit_holds_what_its_sentences_say(clean) -> None:
    """A report that is read again says the same as when it was written."""
    assert clean["audit"]["sentences"] == audit_sentences(clean)


def test_a_label_that_is_the_age_is_named() -> None:
    """All normal patients are young; age tells everything, and no specificity is known for the old."""
    age = [22.0 if normal else 50.0 for normal in NORMAL]
    report = audited(make_people({"N": NORMAL}, **EVEN | {"age": age}), HEARD, noisy(NORMAL, 20.0, seed=3))
    first, healthy, ill = said(report)
    assert first.startswith("N: demographics alone predict it as well as the model does (AUROC 1.000")
    assert healthy.startswith("No normal patient is older than 22; of the others 40 of 40: specificity says nothing")
    assert ill.startswith("No abnormal patient is younger than 50; of the others 40 of 40: sensitivity says nothing")
    assert said(report, "clear") == []


def test_a_group_in_which_the_ill_are_missed_is_named() -> None:
    """Of the ill women, none is found; of the ill men, all are."""
    sex = EVEN["sex"]
    heard = [0.9 if normal or of == "F" else 0.1 for normal, of in zip(NORMAL, sex, strict=True)]
    warnings = said(audited(make_people({"N": NORMAL}, **EVEN), heard, UNTOLD))
    (women,) = [text for text in warnings if text.startswith("Sex")]
    assert women == (
        "Sex, women: the sensitivity for N is 0.000 (0.000 to 0.168), that of all others 1.000 (0.832 to 1.000)."
    )


@pytest.mark.slow
def test_where_no_group_is_served_worse_few_reports_name_one() -> None:
    """108 patients, five labels, four in five decisions right whoever it is: one report in twenty, not one in two."""
    rng = np.random.default_rng(1)
    n_named = 0
    for _ in range(50):
        lesions = rng.random((4, 108)) < 0.36
        truth = dict(zip(LABELS, np.vstack([~lesions.any(axis=0), lesions]).astype(int).tolist(), strict=True))
        people = make_people(
            truth,
            age=rng.integers(15, 70, 108).astype(float).tolist(),
            sex=rng.choice(["F", "M"], 108).tolist(),
            smoker=(rng.random(108) < 0.3).tolist(),
            lives=rng.choice(["U", "R"], 108).tolist(),
        )
        is_right = rng.random((5, 108)) < 0.8
        said_of = {
            label: np.where(right, values, 1 - np.array(values)).tolist()
            for (label, values), right in zip(truth.items(), is_right, strict=True)
        }
        answers = make_answers(people, said_of)
        groups = [measure_groups(answers, part, seed=0, draws=100) for part in partitions(people)]
        n_named += bool(subgroup_sentences({"audit": {"subgroups": groups}}))
    assert n_named <= 8


def test_a_group_of_unknown_is_compared_with_nobody() -> None:
    """That sex is unknown where the model fails says nothing about a sex."""
    sex = [None if of == "F" else of for of in EVEN["sex"]]
    heard = [0.9 if normal or of is None else 0.1 for normal, of in zip(NORMAL, sex, strict=True)]
    report = audited(make_people({"N": NORMAL}, sex=sex), heard, UNTOLD)
    assert not any(text.startswith("Sex") for text in said(report))
    assert [group["group"] for group in report["audit"]["subgroups"][0]["groups"]] == ["men", "unknown"]


def test_a_group_with_more_of_another_lesion_is_not_blamed() -> None:
    """Those without a lesion are healthy, or have another one: their specificity is not compared between groups."""
    ill, lives = [1, 0, 0, 0] * 20, ["R"] * 40 + ["U"] * 40
    heard = [0.9 if value or of == "R" else 0.1 for value, of in zip(ill, lives, strict=True)]
    people = make_people({"AS": ill}, lives=lives)
    predictions = make_answers(people, {"AS": heard})
    report = make_brief_report(predictions, None)
    statistics = {"companion": "none", "site_probe": ONE_SITE, "seed": 0, "draws": 100}
    audit = confounder_audit(report, predictions, people, {}, **statistics)
    rural = audit["subgroups"][1]["groups"][1]["labels"]["AS"]
    assert rural["specificity"]["value"] == 0.0
    assert not [sentence for sentence in audit["sentences"] if sentence["about"] == "subgroups"]


PROBE = {
    "layer": 0,
    "sites": ["a", "b"],
    "chance": 0.5,
    "balanced_accuracy": {"value": 0.97, "low": 0.93, "high": 0.99, "n": 80},
    "normals_alone": {"chance": 0.25, "balanced_accuracy": {"value": 0.96, "low": 0.9, "high": 0.99, "n": 40}},
}


@pytest.mark.parametrize(
    ("value", "low", "kind", "text"),
    [
        (0.97, 0.93, "warning", "The recording site can be read off the features (balanced accuracy 0.970 (0.930 to"),
        (1.0, None, "warning", "The recording site can be read off the features (balanced accuracy 1.000 over 2 sites"),
        (0.7, 0.6, "note", "The recording site can partly be read off the features"),
        (0.55, 0.45, None, None),
    ],
)
def test_a_site_that_can_be_read_is_named(clean, value, low, kind, text) -> None:
    """Nearly always, always, better than chance, and perhaps not at all."""
    probe = deepcopy(PROBE)
    probe["balanced_accuracy"] |= {"value": value, "low": low}
    sentences = audit_sentences({**clean, "audit": {**clean["audit"], "site_probe": probe}})
    places = [sentence for sentence in sentences if sentence["about"] == "place"]
    assert [sentence["kind"] for sentence in places] == ([] if kind is None else [kind])
    assert all(sentence["text"].startswith(text) for sentence in places)
    # Normal hearts may be known at fewer sites, or at more: their chance is their own.
    beside = "where chance is 0.500; among normal hearts alone 0.960, where it is 0.250)"
    assert all(beside in sentence["text"] for sentence in places)


def test_a_held_out_site_below_chance_is_named(clean) -> None:
    """Only where the whole interval lies below one half."""
    sites = {
        name: {"levels": {"patient": {"labels": {"N": {"auroc": {"value": value, "low": low, "high": high, "n": 9}}}}}}
        for name, value, low, high in (("e", 0.2, 0.1, 0.4), ("f", 0.3, 0.1, 0.6), ("g", 0.1, None, None))
    }
    (sentence,) = said({**clean, "sites": sites})
    assert sentence == (
        "Below chance: the AUROC for N (abnormal or normal) is 0.200 (0.100 to 0.400) at e. What the model goes by "
        "elsewhere points the wrong way there."
    )


def test_identical_sounds_of_several_patients_are_named() -> None:
    people = make_people({"N": NORMAL}, **EVEN)
    sounds = {"p000_0": "x", "p001_0": "x", "p002_0": "y", "p004_0": "y"}
    (sentence,) = said(audited(people, HEARD, UNTOLD, sounds=sounds))
    assert sentence == (
        "Patients share sounds (2 sounds): what is learned under one name can be tested under another. The labels of "
        "1 contradict each other."
    )


@pytest.mark.parametrize(("change", "kind"), [(0.02, "warning"), (0.001, "note"), (-0.02, "warning")])
def test_only_a_change_that_matters_is_a_warning(clean, change, kind) -> None:
    """A thousandth can be surely not chance, and still alter nothing."""
    entry = {"value": change, "low": change - 0.0005, "high": change + 0.0005, "n": 79}
    effect = {"difference": {"labels": {"N": entry}, "macro": entry}, "without": {"patients": 1}}
    report = {**clean, "audit": {**clean["audit"], "identical": effect}}
    (sentence,) = [sentence for sentence in audit_sentences(report) if sentence["about"] == "identical"]
    assert sentence["kind"] == kind


def test_identical_sounds_that_change_nothing_are_a_note() -> None:
    people = make_people({"N": NORMAL}, **EVEN, positions=[LYING, SITTING])
    report = audited(people, HEARD, UNTOLD, sounds={"p000_0": "x", "p000_1": "x"})
    assert said(report) == []
    (note,) = said(report, "note")
    assert note.startswith("Without the 1 patient whose sound stands under several names, no AUROC changes by more")


def test_demographics_that_add_to_the_sound_are_a_note() -> None:
    """The sound tells something, age everything: told the age, the model gains."""
    heard = noisy(NORMAL, 2.0, seed=4)
    report = audited(make_people({"N": NORMAL}, **EVEN), heard, UNTOLD, companion=noisy(NORMAL, 20.0, seed=5))
    (note,) = said(report, "note")
    assert note.startswith("Told age, sex, smoking and residence as well, the model gains 0.")


def test_unknown_demographics_are_no_clearance() -> None:
    """Where nobody's demographics are known, their model says one half, and that is not 'checked'."""
    report = audited(make_people({"N": NORMAL}), HEARD, [0.5] * N_PATIENTS)
    assert said(report, "clear") == []
    (sentence,) = said(report, "note")
    assert sentence.startswith("This audit could check nothing but identical recordings. Not checked: ")
    assert "demographics alone (they are unknown for everybody)" in sentence
    assert "sex (it is unknown for every tested patient)" in sentence


def test_what_could_not_be_checked_stands_beside_what_could() -> None:
    """Of these patients only the sex is known."""
    (sentence,) = said(audited(make_people({"N": NORMAL}, sex=EVEN["sex"]), HEARD, UNTOLD), "clear")
    assert "Checked: demographics alone, sex and identical recordings." in sentence
    assert "residence (it is unknown for every tested patient)" in sentence


def test_pooled_sites_are_not_held_against_pooled_demographics() -> None:
    """With leave-site-out, each site was tested by another model; the sentence says why nothing is compared."""
    report = audited(make_people({"N": NORMAL}, **EVEN), HEARD, HEARD, protocol="leave-site-out")
    assert said(report) == []
    assert "demographics alone (each site was tested by another model)" in said(report, "clear")[0]


def test_without_a_section_audit_nothing_is_cleared(clean) -> None:
    """An older report gets its warnings, and no sentence on what was never looked at."""
    old = {key: value for key, value in clean.items() if key != "audit"}
    assert audit_sentences(old) == []
    assert said({**old, "demographics_only": {"reason": "nothing was trained"}}, "note") == [
        "What demographics alone would reach is not known: nothing was trained."
    ]


def test_what_the_model_is_told_is_a_note(clean) -> None:
    told = {**clean, "task": {**clean["task"], "demographics": ["age", "sex"]}}
    assert said(told, "note") == ["The model is told age and sex beside the sound."]
    assert len(said(told, "clear")) == 1


def with_aurocs(model, alone, paired=None) -> dict:
    """Return a report whose AUROC of N is (value, low, high) for the model and for demographics alone."""

    def levels(values):
        value, low, high = values
        entry = {"value": value, "low": low, "high": high, "n": 80}
        if value is None:
            entry = {"value": None, "reason": "nobody is normal"}
        return {"patient": {"patients": 80, "labels": {"N": {"auroc": entry}}}}

    difference = {}
    if paired is not None:
        entry = dict(zip(("value", "low", "high"), paired, strict=True))
        difference = {"difference": {"labels": {"N": {"auroc": entry}}}}
    return {
        "task": {"labels": ["N"], "protocol": "cv"},
        "levels": levels(model),
        "demographics_only": {"levels": levels(alone), **difference},
    }


@pytest.mark.parametrize(
    ("model", "alone", "expected"),
    [
        ((0.95, 0.90, 0.98), (0.96, 0.91, 0.99), "N: demographics alone predict it as well as the model does"),
        ((0.95, 0.90, 0.98), (0.95, 0.91, 0.99), "N: demographics alone predict it as well as the model does"),
        ((0.95, 0.90, 0.98), (0.90, 0.75, 0.95), "N: demographics alone may explain it (AUROC 0.900 (0.750 to 0.950)"),
        ((0.95, 0.836, 0.99), (0.666, 0.444, 0.845), None),
        ((1.0, None, None), (0.97, 0.70, 1.0), "N: demographics alone may explain it"),
        ((0.95, 0.90, 0.98), (0.93, None, None), "N: demographics alone may explain it"),
        ((0.99, 0.98, 1.0), (0.85, 0.80, 0.90), "N: age, sex, smoking and residence alone reach an AUROC of 0.850"),
        ((None, None, None), (0.85, 0.80, 0.90), "N: age, sex, smoking and residence alone reach an AUROC of 0.850"),
        ((1.0, None, None), (0.60, 0.50, 0.70), None),
        ((None, None, None), (0.60, 0.50, 0.70), None),
    ],
)
def test_demographics_that_explain_a_label_are_named(model, alone, expected) -> None:
    """As good, within 0.07 = hypot(0.05, 0.05), barely overlapping, no interval, clearly apart, undefined."""
    found = said(with_aurocs(model, alone))
    assert len(found) == (expected is not None)
    assert all(text.startswith(expected) for text in found)


@pytest.mark.parametrize(
    ("paired", "is_explained"),
    [((0.05, -0.01, 0.11), True), ((0.05, 0.01, 0.09), False), ((0.05, None, None), True)],
)
def test_the_paired_difference_decides_where_it_has_an_interval(paired, is_explained) -> None:
    """Pieced together from the two intervals, 0.05 might be chance; on the same patients it may be none."""
    (found,) = said(with_aurocs((0.95, 0.90, 0.98), (0.90, 0.75, 0.95), paired))
    # Where the difference is settled, what remains to be said is that demographics alone are this good.
    assert ("can be told without hearing the heart" in found) == (not is_explained)
    if is_explained:
        assert ("; difference on the same patients 0.050 (−0.010 to 0.110)" in found) == (paired[1] is not None)


def test_labels_with_one_verdict_share_a_sentence() -> None:
    """Five labels must not fill a page."""
    report = with_aurocs((0.7, 0.6, 0.8), (0.75, 0.65, 0.85))
    for patient in (report["levels"]["patient"], report["demographics_only"]["levels"]["patient"]):
        patient["labels"]["MS"] = patient["labels"]["N"]
    (sentence,) = said(report)
    assert sentence.startswith("N and MS: demographics alone predict them as well as the model does (N: AUROC 0.750")


def test_a_label_left_to_chance_is_named() -> None:
    assert said(with_aurocs((0.6, 0.45, 0.75), (0.3, 0.2, 0.4))) == [
        "N: the interval of the AUROC holds 0.5, so this may be chance."
    ]


def test_chance_is_named_within_the_sites_where_each_had_another_model() -> None:
    """Pooled, the AUROC is below chance for sure; that says nothing, and the sites are asked one by one."""

    def at(low, high):
        return {
            "levels": {"patient": {"labels": {"N": {"auroc": {"value": (low + high) / 2, "low": low, "high": high}}}}}
        }

    report = with_aurocs((0.3, 0.2, 0.4), (0.3, 0.2, 0.4))
    report["task"]["protocol"] = "leave-site-out"
    report["sites"] = {"a": at(0.6, 0.8), "b": at(0.45, 0.7), "c": at(0.4, 0.6)}
    assert said(report) == ["N: the interval of the AUROC holds 0.5 at b and c, so there this may be chance."]
    report["levels"]["patient"]["labels"]["N"]["auroc"] = {"value": 0.5, "low": 0.4, "high": 0.6}
    del report["sites"]["b"], report["sites"]["c"]
    assert said(report) == []


@pytest.mark.parametrize(("protocol", "n_notes"), [("cv", 2), ("leave-site-out", 0)])
def test_no_pooled_auroc_is_quoted_where_each_site_had_another_model(protocol, n_notes) -> None:
    """Neither the one among the ill nor the one without copied sounds."""
    auroc = {"value": 0.9, "low": 0.85, "high": 0.95, "n": 80}
    change = {"value": 0.02, "low": 0.01, "high": 0.03, "n": 79}
    report = {
        "task": {"labels": ["MS"], "protocol": protocol},
        "levels": {"patient": {"patients": 80, "labels": {"MS": {"auroc": auroc}}}},
        "demographics_only": {"levels": {"patient": {"labels": {}}}},
        "audit": {
            "subgroups": [
                {
                    "by": "heart",
                    "level": "patient",
                    "title": "Heart",
                    "groups": [{"group": "abnormal", "patients": 40, "labels": {"MS": _group(0.7)}}],
                }
            ],
            "site_probe": ONE_SITE,
            "identical": {"difference": {"labels": {"MS": change}, "macro": change}, "without": {"patients": 1}},
        },
    }
    quoted = [s["text"] for s in audit_sentences(report) if s["about"] in ("identical", "subgroups")]
    assert len(quoted) == n_notes


def _group(auroc: float) -> dict:
    undefined = {"value": None, "reason": "few"}
    return {"auroc": {"value": auroc}, "sensitivity": undefined, "specificity": undefined}


def test_the_gravest_stands_first() -> None:
    """Demographics, shared sounds, sites, groups, empty cells."""
    age = [22.0 if normal else 50.0 for normal in NORMAL]
    heard = [0.9 if normal or of == "F" else 0.1 for normal, of in zip(NORMAL, EVEN["sex"], strict=True)]
    people = make_people({"N": NORMAL}, **EVEN | {"age": age})
    sounds = {"p000_0": "x", "p002_0": "x"}
    report = audited(people, heard, noisy(NORMAL, 20.0, seed=3), site_probe=PROBE, sounds=sounds)
    about = [sentence["about"] for sentence in report["audit"]["sentences"] if sentence["kind"] == "warning"]
    assert about == ["demographics", "identical", "place", "subgroups", "cells", "cells"]


def test_a_lesion_that_is_only_told_from_health_is_a_note() -> None:
    """Forty healthy patients stand below everybody; among the forty ill ones, the order is left to chance."""
    lesion = [0] * 40 + [1, 0] * 20
    people = make_people({"N": [1] * 40 + [0] * 40, "MS": lesion})
    predictions = make_answers(people, {"MS": [0.1] * 40 + [0.6, 0.6] * 20})
    statistics = {"companion": "none", "site_probe": ONE_SITE, "seed": 0, "draws": 100}
    audit = confounder_audit(make_brief_report(predictions, None), predictions, people, {}, **statistics)
    notes = [sentence["text"] for sentence in audit["sentences"] if sentence["about"] == "subgroups"]
    # Twenty with MS above forty healthy, and tied with twenty ill ones: (40 + 20 / 2) / 60 of the pairs.
    assert notes == [
        "Among the 40 abnormal patients alone the AUROC is lower: MS 0.500 instead of 0.833. The rest is telling the "
        "ill from the healthy."
    ]


def test_a_better_posture_is_a_note() -> None:
    """Sitting, every recording says the same; lying, all are right."""
    people = make_people({"N": NORMAL}, **EVEN, positions=[LYING, SITTING])
    predictions = make_answers(people, {"N": HEARD})
    is_sitting = predictions["recording_id"].str.endswith("_1")
    predictions = predictions.assign(probability=np.where(is_sitting, 0.5, predictions["probability"]))
    audit = confounder_audit(
        make_brief_report(predictions, None),
        predictions,
        people,
        {},
        companion="none",
        site_probe=ONE_SITE,
        seed=0,
        draws=300,
    )
    (note,) = [sentence["text"] for sentence in audit["sentences"] if "lying" in sentence["text"]]
    assert note.startswith("N: single recordings of lying patients rank better than those of the same patients sitting")


def test_the_audit_does_not_touch_what_it_is_given(clean) -> None:
    """The report is written after the audit has read it."""
    before = deepcopy(clean)
    audit_sentences(clean)
    assert clean == before


def test_numbers_hold_whatever_the_order_of_the_patients() -> None:
    """A data set that lists its patients the other way round has the same audit."""
    people = make_people({"N": NORMAL}, **EVEN)
    turned = replace(people, recordings=people.recordings[::-1], patients=dict(reversed(people.patients.items())))
    first, second = (audited(of, HEARD, UNTOLD)["audit"] for of in (people, turned))
    assert first["subgroups"] == second["subgroups"]
    assert first["sentences"] == second["sentences"]
