# The active dies, then the new active: the hold-off keeps the section where it is until an operator acknowledges.
1000 kill a
2000 start a
3000 kill b
3400 start b
4500 kill b
6000 order ack
8000 end
