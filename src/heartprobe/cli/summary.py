"""The short tables that commands print at their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartprobe.cli.console import print_line, print_table

if TYPE_CHECKING:
    from heartprobe.data.audit import Audit
    from heartprobe.decisions.prediction import Answer, PatientPrediction, RecordingPrediction

_COLUMNS = {
    "auroc": "AUROC (95 %)",
    "average_precision": "avg. precision",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "balanced_accuracy": "bal. accuracy",
    "f1": "F1",
}


_OF_A_SITE = ("auroc", "sensitivity", "specificity")


def print_summary(report: dict[str, Any]) -> None:
    """Print the patient-level result beside what demographics alone reach, or that of each site alone."""
    from heartprobe.evaluation.site_models import has_model_per_site

    data = report["data"]
    if has_model_per_site(report):
        # Each site has a model of its own: a ranking of all patients together would compare models.
        print_line(f"{data['name']}: {data['patients']} patients, every site tested by a model of the others.")
    else:
        _print_result(report)
    _print_sites(report)
    left_out = [finding for finding in report["findings"] if finding["is_problem"]]
    if left_out:
        print_line(f"{len(left_out)} problem(s) with the data, named in report.md.")
    print_line("Sensitivity is the rate at which patients with the finding (for N: abnormal) are found.")


def _print_result(report: dict[str, Any]) -> None:
    data = report["data"]
    patients = report["levels"]["patient"]
    title = f"{data['name']}: {data['patients']} patients, {report['task']['protocol']}, per patient"
    rows = [_row(label, metrics) for label, metrics in patients["labels"].items()]
    if len(rows) > 1:
        rows.append(_row("macro", patients["macro"]))
    alone = report["demographics_only"].get("levels", {}).get("patient", {"labels": {}})
    alone_rows = [_row(f"{label}, demographics alone", metrics) for label, metrics in alone["labels"].items()]
    print_table(title, ("label", *_COLUMNS.values()), [*rows, *alone_rows])


def _print_sites(report: dict[str, Any]) -> None:
    """Print each label site by site, where patients of several were tested."""
    if "sites" not in report:
        return
    labels = list(report["levels"]["patient"]["labels"])
    columns = [(label, metric) for label in labels for metric in _OF_A_SITE]
    rows = [
        (site, *(number(found["levels"]["patient"]["labels"][label][metric]) for label, metric in columns))
        for site, found in report["sites"].items()
    ]
    mean = report["sites_mean"]["patient"]
    rows.append(
        ("mean over sites", *(number(mean[label]["auroc"]) if metric == "auroc" else "" for label, metric in columns))
    )
    titles = [f"{_COLUMNS[metric].split(' ')[0]} {label}" for label, metric in columns]
    print_line()
    print_table("Site by site, per patient", ("site", *titles), rows)


def print_audit(result: Audit) -> None:
    """Print what an audit found."""
    facts = result.as_dict()
    rows = [("problem" if f.is_problem else "note", f.kind, f.subject, f.detail) for f in result.findings]
    if rows:
        print_table("Findings", ("", "kind", "what", "detail"), rows)
        print_line()
    counts = [(key, _plain(value)) for key, value in facts["counts"].items()]
    print_table("Counts", ("", ""), counts)
    print_line()
    alone = [
        (label, number(metric) if metric["value"] is not None else f"undefined: {metric['reason']}")
        for label, metric in facts["demographics_auroc"].items()
    ]
    print_table("How well demographics alone predict each label", ("label", "AUROC over patients"), alone)
    problems = sum(finding.is_problem for finding in result.findings)
    print_line(f"\n{problems} problem(s)." if problems else "\nNo problems.")


def print_prediction(prediction: PatientPrediction) -> None:
    """Print what is said of the patient, what was heard in each recording, and what could not be used."""
    used = [recording for recording in prediction.recordings if recording.problem is None]
    if prediction.answers:
        title = f"The patient, from {len(used)} of {len(prediction.recordings)} recordings"
        answers = [
            (
                answer.finding,
                _percent(answer.finding_probability),
                _interval(answer),
                _percent(answer.threshold),
                answer.decision,
            )
            for answer in prediction.answers
        ]
        print_table(title, ("finding", "probability", "95 % interval", "threshold", "decision"), answers)
        print_line()
        heard = [(r.name, *(_percent(answer.finding_probability) for answer in r.answers), _rate(r)) for r in used]
        findings = (answer.finding for answer in prediction.answers)
        print_table("Each recording alone", ("", *findings, "beats per minute"), heard)
        for answer in prediction.answers:
            if answer.why_uncertain is not None:
                print_line(f"Uncertain, {answer.finding}: {answer.why_uncertain}.")
        for reason, findings_without in _without_interval(prediction).items():
            print_line(f"No interval, {', '.join(findings_without)}: {reason}.")
        print_line(
            "Present: the probability reaches the threshold. The interval says how well the calibration is known, not "
            "how the model would do elsewhere. Research software, not a medical device."
        )
    else:
        print_line("No recording could be used, so there is no answer.")
    for recording in prediction.recordings:
        if recording.problem is not None:
            print_line(f"Not used: {recording.problem}")
        for finding in recording.findings:
            if recording.problem != finding.detail:
                print_line(f"Note: {finding.detail}")


def number(metric: dict[str, Any]) -> str:
    """Return a metric as text: its value, with its interval where it has one, or why it is undefined."""
    if metric["value"] is None:
        return "-"
    if metric.get("low") is None:
        return f"{metric['value']:.3f}"
    return f"{metric['value']:.3f} ({metric['low']:.3f}-{metric['high']:.3f})"


def _row(name: str, metrics: dict[str, Any]) -> tuple[str, ...]:
    return (name, *(number(metrics[key]) if key in metrics else "-" for key in _COLUMNS))


def _percent(probability: float) -> str:
    """Return a probability in percent; nothing is said to be certain."""
    if probability > 0.99:
        return "> 99 %"
    return "< 1 %" if probability < 0.01 else f"{100 * probability:.0f} %"


def _interval(answer: Answer) -> str:
    """Return where the probability may lie, as far as the calibration is known."""
    if answer.low is None or answer.high is None:
        return "none"
    return f"{_percent(answer.low)} to {_percent(answer.high)}".replace(" % to ", " to ")


def _without_interval(prediction: PatientPrediction) -> dict[str, list[str]]:
    """Return the findings whose probability has no interval, by the reason."""
    found: dict[str, list[str]] = {}
    for answer in prediction.answers:
        if answer.why_no_interval is not None:
            found.setdefault(answer.why_no_interval, []).append(answer.finding)
    return found


def _rate(recording: RecordingPrediction) -> str:
    """Return a heart rate with its confidence."""
    rate = None if recording.quality is None else recording.quality.heart_rate
    if rate is None or rate.bpm is None:
        return "not found"
    return f"{rate.bpm:.0f} (confidence {rate.confidence:.2f})"


def _plain(value: Any) -> str:
    return ", ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
