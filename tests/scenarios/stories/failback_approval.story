# After a failover "a" comes back. Once it has been stable for its hold time OTHA asks, and a person confirms.
config failback approval
config hold_ms 2000
1000 kill a
2000 start a
2500 order ack
6000 order confirm
7000 end
