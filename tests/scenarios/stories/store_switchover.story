# An ordered switchover and back: the old one stands by before the new one is promoted, and no row is lost.
config kind store
1000 order switchover b
3000 order switchover a
5000 end
