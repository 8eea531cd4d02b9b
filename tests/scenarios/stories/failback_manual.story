# "a" is preferred and was left for "b". Ordered back too early it says how long to wait; a lost channel starts the hold
# time anew; then the failback is a planned transfer like any other.
config hold_ms 2000
1000 order switchover b
2000 order failback
2500 cut a.net_a
2800 order failback
3000 heal
4000 order failback
5500 order failback
6500 order failback
7000 end
