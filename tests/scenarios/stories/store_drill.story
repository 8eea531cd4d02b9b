# A failover of the historians is rehearsed; no row is lost, and the old one, once it has all rows, gets the role back.
config kind store
config drills yes
config hold_ms 2000
1000 order drill b failover
5000 order drill - failback
9000 end
