# Three nodes: the one that takes over dies in mid-transfer, and the third goes on from the same hold.
config nodes abc
config after_fence next
1000 kill a
when promoted kill b
3000 end
