# The gateway in use is stopped with a frame in its queue. Woken, it delivers it: the gate has seen a newer one.
config kind path
1000 stop a
3000 cont a
4000 end
