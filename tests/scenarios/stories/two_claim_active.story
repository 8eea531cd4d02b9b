# The standby says that it is active too: an alarm, not a shoot-out.
1000 lie b
5000 end
