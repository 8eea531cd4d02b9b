# Nobody answers the failover that asks: the limit of the hold runs meanwhile, and the section goes to its safe state.
config confirm always
1000 kill a
12000 end
