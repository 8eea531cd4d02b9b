# An interlock turns false in mid-transfer: the section goes back to the node that drove it.
1000 order switchover b
when promoted tag key 1
3000 end
