"""The settings of an experiment: schema, files, command-line overrides."""
