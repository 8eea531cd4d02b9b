# The active is stopped (SIGSTOP), the standby takes over, and the stopped one wakes: the frame it had in its queue and
# all it sends after it are refused by the gate.
1000 stop a
3000 cont a
4000 end
