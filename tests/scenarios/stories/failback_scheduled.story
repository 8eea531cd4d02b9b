# After a failover "a" comes back. Its window closes unused while an interlock stands against it, and says so; in the next
# one it goes back by itself, and the hold-off after it runs.
config failback scheduled
config hold_ms 2000
1000 kill a
2000 start a
2500 order ack
5000 tag key 1
5500 window opens
6500 window closes
7000 tag key 0
8000 window opens
9500 end
