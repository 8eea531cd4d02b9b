# The store does not answer: no new epoch, the active stays as it is (S9). Later it answers, and the order is given again.
1000 store silent
1000 order switchover b
3000 store ok
3500 order switchover b
5000 end
