# An operator orders the standby to take over, and back again. The repeated order is answered and not carried out twice.
1000 order switchover b
1500 repeat-order switchover b
2000 order switchover a
3000 end
