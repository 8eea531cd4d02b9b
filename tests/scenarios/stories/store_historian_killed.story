# The active historian is killed; what it had not fed on is fetched from the collector's buffer.
config kind store
900 feeds a off
1000 kill a
3000 start a
5000 end
