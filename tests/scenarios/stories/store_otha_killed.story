# OTHA dies when the collector has let go, and is back 300 ms later.
config kind store
1000 order switchover b
when fenced crash 300
4000 end
