# The site file does not mark this target for drills.
1000 order drill b failover
1500 order drill b switchover
2000 end
