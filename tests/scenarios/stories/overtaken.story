# A switchover waits for its confirmation when the active dies: the waiting one ends, the failover is the one transfer.
config confirm planned
1000 order switchover b
1500 kill a
2000 order confirm
2500 end
