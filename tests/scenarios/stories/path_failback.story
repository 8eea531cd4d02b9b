# A way: the failback of a gateway drill. Too early it is refused; then the clients are led home.
config kind path
config drills yes
config hold_ms 2000
1000 order drill b failover
2500 order failback
4000 order failback
6000 end
