"""`bin/bench`: our figures against raw RQ and against what we promised, in one run on one machine."""
