# The line behind both gateways is dead: the new way carries nothing, and the old one is gone on with.
config kind path
1000 order switchover b
when fenced cut serial
1500 heal
4000 end
