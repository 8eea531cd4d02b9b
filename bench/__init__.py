"""`make bench`: what OTHA's speed and punctuality are on this machine, against the budgets of its design.

Nothing here is a timed unit test: figures are measured, shown with their budgets and, where a floor belongs to them,
as a ratio against that floor measured in the same run.
"""
