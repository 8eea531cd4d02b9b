# The collector is out of sight when the historian dies: it may still write to it. Nothing moves until it is back (S3).
config kind store
1000 away x
1600 kill a
2300 back x
5000 end
