"""Drawings as SVG: lines, bands, points and cells, with colours that the page chooses.

scale       where a number lies on the paper
plot        axes, and what is drawn between them
heat        a grid of shaded cells with numbers
png         an image from numbers, for spectrograms
"""
