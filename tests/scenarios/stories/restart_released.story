# OTHA dies when the gate is armed, and is back 300 ms later with nothing but the record and the gate.
1000 order switchover b
when released crash 300
3000 end
