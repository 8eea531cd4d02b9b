# The active controller is killed. Its standby takes over; the dead one comes back and stays a standby.
1000 kill a
3000 start a
4000 end
