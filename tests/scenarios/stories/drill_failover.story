# A failover is rehearsed while "a" is alive and well: the fence comes first, as in a real one. Then back, as a drill too.
config drills yes
config hold_ms 1000
1000 order drill b failover
3000 order drill - failback
4000 end
