# The active is stopped for a moment only: the gate's watchdog holds, the owner comes back and resumes by itself.
1000 stop a
1090 cont a
3000 end
