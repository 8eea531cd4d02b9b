# The controller starts anew in mid-transfer: its boot id ends the plan. The section is free; an operator orders who drives.
1000 order switchover b
when promoted plc-restart
3000 order switchover b
5000 end
