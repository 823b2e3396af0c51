"""Who is tested, what is said of them, how good that is, and what a reader must know of it.

protocols      development and test patients
predictions    tables of answers about recordings and patients
metrics        metrics with intervals over patients
quality        calibration, decisions, curves, positions, ways of fusing them
comparison     two models on the same patients
audit          what else than the heart a model may go by
report         pages for people
"""
