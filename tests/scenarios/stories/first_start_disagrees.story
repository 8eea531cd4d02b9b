# The first start: "b" says that it is active, the gate says "a". OTHA takes no side; an operator does.
config first_start a
0 lie b
2000 order switchover a
3000 end
