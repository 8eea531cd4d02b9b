# A drill waits for its confirmation when the active really dies: the drill ends, the failover wins.
config drills yes
config confirm planned
1000 order drill b failover
1500 kill a
3000 end
