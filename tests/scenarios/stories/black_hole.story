# Every heartbeat of the active is swallowed, but its frames reach the gate: the fresh owner vetoes its death (S8).
1000 cut a
5000 heal
6000 end
