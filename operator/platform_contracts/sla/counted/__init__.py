"""Objectives that are counted from objects: what somebody waited for, and whether it came in time.

The counts follow from timestamps in the cluster alone: they are exact, the same after each restart of the operator, and
need no Prometheus. What they come to is read by the same evaluation, states and reports as what Prometheus counts.
"""
