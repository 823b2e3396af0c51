"""Many experiments described in one file, measured on the same patients, in one sorted table."""
