# OTHA dies when the claim may have left, and is back 300 ms later with nothing but the record and the gate.
1000 order switchover b
when permitted crash 300
3000 end
