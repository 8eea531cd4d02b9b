# OTHA dies when the old owner is fenced, and is back 300 ms later with nothing but the record and the gate.
1000 order switchover b
when fenced crash 300
3000 end
