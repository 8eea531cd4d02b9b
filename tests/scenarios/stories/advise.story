# A group that only advises says what it would do, and obeys orders.
config arming advise
1000 freeze a
2000 order switchover b
4000 end
