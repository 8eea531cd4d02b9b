# The active's ServiceLevel falls: it is left for a better peer only after the hold time (S16).
1000 level a 100
15000 end
