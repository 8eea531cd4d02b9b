# OTHA dies when the new owner is granted, and is back 300 ms later with nothing but the record and the gate.
1000 order switchover b
when promoted crash 300
3000 end
