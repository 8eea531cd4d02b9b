# Both controllers are gone: nobody can be promoted, and the section goes to its safe state after its limit.
1000 kill b
2000 kill a
12000 end
