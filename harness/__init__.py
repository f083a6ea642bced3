"""Everything around the operator that makes it run on one machine."""
