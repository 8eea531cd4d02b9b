# OTHA dies with the section fenced and comes back when the hold is nearly over: no time to go on, so it makes safe.
1000 order switchover b
when promoted crash 9900
12000 end
