"""The short tables that commands print at their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartprobe.cli.console import print_line, print_table

if TYPE_CHECKING:
    from heartprobe.data.audit import Audit

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


def number(metric: dict[str, Any]) -> str:
    """Return a metric as text: its value, with its interval where it has one, or why it is undefined."""
    if metric["value"] is None:
        return "-"
    if metric.get("low") is None:
        return f"{metric['value']:.3f}"
    return f"{metric['value']:.3f} ({metric['low']:.3f}-{metric['high']:.3f})"


def _row(name: str, metrics: dict[str, Any]) -> tuple[str, ...]:
    return (name, *(number(metrics[key]) if key in metrics else "-" for key in _COLUMNS))


def _plain(value: Any) -> str:
    return ", ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
