# The rows between are in no buffer any more: the gap is told, and asked for again at a calm pace.
config kind store
900 feeds a off
1000 cut buffer
1000 kill a
2500 end
