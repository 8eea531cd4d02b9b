# OTHA itself is cut off from both networks. It reaches no reference point, so the silence of the active proves nothing.
1000 cut net_a net_b
5000 heal
6000 end
