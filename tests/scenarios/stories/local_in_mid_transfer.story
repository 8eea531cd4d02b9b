# A person takes the section in mid-transfer. OTHA lets go; after the reset the operator orders who drives.
1000 order switchover b
when promoted local 1
3000 local 0
3100 reset
4000 order switchover a
5000 end
