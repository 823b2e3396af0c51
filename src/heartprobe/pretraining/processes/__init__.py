"""A pre-training shared by several processes of one machine, which together take the steps that one would."""
