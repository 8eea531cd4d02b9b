# The first start beside a running plant: role, owner and epoch agree, so they are adopted.
config first_start a
3000 end
