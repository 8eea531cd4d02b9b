# The gateway in use is killed. The servers choose the other one; the server that drives is not switched (S18).
config kind path
1000 kill a
3000 start a
4000 end
