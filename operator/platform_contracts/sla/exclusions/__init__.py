"""Which times of maintenance an SLA leaves out of its figures, by its own terms.

A time counts as announced where the notice was kept: the rules leave it out ahead, so nothing is recorded in it. All
others are retroactive: they were recorded, and are subtracted once they are over. What was left out cannot be taken
back, so a time that has begun stays excluded, whatever becomes of its MaintenanceWindow. Nor can what was refused be
had later: what was not excluded when it began is retroactive, and of that a first look has the last word. Only where
the status and the rule object that say so are gone, what was announced in time since the SLA was created counts as what
the rules left out.
"""
