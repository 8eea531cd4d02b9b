# The first start beside a plant that nobody drives yet: an operator orders the first owner.
config first_start nobody
2000 order switchover a
3000 end
