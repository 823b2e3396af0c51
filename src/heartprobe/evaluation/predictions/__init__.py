"""From window probabilities to tables of answers about recordings and patients."""
