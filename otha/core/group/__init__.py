"""One redundancy group: verdicts in, decisions out.

`step` is the entry. `settle` judges the standing, `suspicion` the active node, `guard` the permits, `transfer` and
`trouble` carry a transfer, `orders` takes what operators ask, `invariant` checks every step against the rules.
"""
