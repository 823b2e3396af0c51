"""From probabilities to answers: fusion of recordings, calibration, thresholds, and when not to answer.

Everything is chosen on validation patients and works on P(finding): for `N`, of an abnormal heart.
"""
