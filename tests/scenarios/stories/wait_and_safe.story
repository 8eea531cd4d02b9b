# The site says: wait. The new node never shows what it would drive, the old one is dead; before the hold ends OTHA
# asks for the safe state, and the gate takes it.
config after_fence wait
1000 kill a
when fenced freeze b
12000 end
