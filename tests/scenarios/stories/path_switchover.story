# An ordered switchover of the way and back again: frames of the old way verify nothing.
config kind path
1000 order switchover b
3000 order switchover a
5000 end
