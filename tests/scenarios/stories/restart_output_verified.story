# OTHA dies when the new owner drives, the record does not say so yet, and is back 300 ms later with nothing but the record and the gate.
1000 order switchover b
when output_verified crash 300
3000 end
