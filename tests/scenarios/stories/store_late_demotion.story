# The demotion arrives after the promotion was asked: an older epoch's words change nothing.
config kind store
900 hold-back demote 300
1000 order switchover b
3000 end
