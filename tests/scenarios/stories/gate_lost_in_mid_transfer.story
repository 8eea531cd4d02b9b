# Both paths to the gate are lost just after the REVOKE: OTHA says UNVERIFIED, the controller acts alone. When the gate
# is seen again the open claim is taken up.
1000 order switchover b
when claimed cut plc
3000 heal
5000 end
