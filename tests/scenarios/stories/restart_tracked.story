# OTHA dies when the new owner shows the right outputs, and is back 300 ms later with nothing but the record and the gate.
1000 order switchover b
when tracked crash 300
3000 end
