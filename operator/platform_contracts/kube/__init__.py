"""Kubernetes' own vocabulary as plain data: kinds, objects, conditions, quantities, plans. No I/O."""
