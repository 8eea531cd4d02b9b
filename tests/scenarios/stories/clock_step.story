# The clock steps back by an hour just before a switchover is ordered: refused; the same order a little later is taken.
1000 clock -3600000
1100 order switchover b
2500 order switchover b
4000 end
