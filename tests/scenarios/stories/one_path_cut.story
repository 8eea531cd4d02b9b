# One of two heartbeat paths is cut: no failover.
1000 cut net_a
5000 heal
6000 end
