"""How good answers are: calibration, decisions, curves, positions and the ways of fusing them."""
