# OTHA's networks to the gateway are cut, but the gate sees fresh frames: no failover (S8).
config kind path
1000 cut a
4000 heal
5000 end
