# The first start beside a running plant: role, owner and epoch agree, so they are adopted.
0 first-start a
3000 end
