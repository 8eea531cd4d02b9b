# The standby lags beyond the RPO, which shows before it matters; then the active dies: it is not promoted (S5).
config kind store
1000 feeds a off
3000 kill a
5000 end
