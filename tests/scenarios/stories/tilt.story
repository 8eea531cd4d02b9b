# The supervisor's loop stalls: it watches and does not act for a while (S10). The active dies in that time.
1000 stall 400
1200 kill a
4000 end
