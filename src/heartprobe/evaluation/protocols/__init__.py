"""Who is developed on and who is tested: holdout, cross-validation, by site, external, published splits."""
