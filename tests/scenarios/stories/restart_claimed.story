# OTHA dies when the claim is won, the REVOKE did not leave, and is back 300 ms later with nothing but the record and the gate.
1000 order switchover b
when claimed crash 300
3000 end
