# An interlock is false: the order is refused with the reason. Bad quality and age count the same.
1000 tag key 1
1200 order switchover b
2000 cut tags
3000 order switchover b
4000 end
