# An interlock turns false while the REVOKE is held up on its way. The owner is confirmed above it with a VOID, so the
# late REVOKE is refused and nobody is interrupted.
1000 hold-back revoke 80
1000 order switchover b
1015 tag key 1
3000 end
