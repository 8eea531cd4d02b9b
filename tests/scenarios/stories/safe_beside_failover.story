# A failover waits for a person while two others want the safe state: a confirmation says which of the two it means, and
# the safe state wins over what only waits.
config confirm always
1000 kill a
2000 says max safe
2500 says eva confirm
3000 says eva confirm safe 1
5000 end
