# OTHA dies in mid-redirection, its command under way, and is back 300 ms later.
config kind path
1000 kill a
when fenced crash 300
4000 end
