"""Objectives in, rules out; recorded counts in, budgets and states out. Pure: no I/O, the clock is an argument."""
