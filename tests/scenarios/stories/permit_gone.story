# The controller's own permit falls before the GRANT: OTHA sends none, and takes the section back with the return permit.
1000 order switchover b
when fenced permit 0 1
3000 end
