# Everything is confirmed by a person here: the failover waits for it, and a request that nobody answers expires.
config confirm always
1000 freeze a
1500 order confirm
3000 thaw a
3000 order ack
4000 order switchover a
4500 order reject
5000 end
