# The disk takes longer for the claim than its bound: within the patience the transfer waits, and claims once.
config patience 3
100 store silent
1000 kill a
1215 store ok
3000 end
