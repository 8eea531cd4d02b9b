# The request is rejected: it is not raised again until a new hold time has passed.
config failback approval
config hold_ms 1000
1000 order switchover b
3000 order reject
6000 cut a.net_a
6500 heal
8500 order confirm
9500 end
