"""What can be asked: one file for each thing, each with a function that returns its router."""
