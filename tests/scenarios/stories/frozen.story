# The active's control task stands still behind a live socket. That is positive evidence of death: OTHA need not
# wait for silence. The application recovers later, and stays a standby.
1000 freeze a
3000 thaw a
4000 end
