# A selection shows nothing wrong; then an interlock turns and the operate is refused. Selected anew, it is operated.
# Meanwhile another user is told who holds it. A selection that nobody operates expires.
1000 order select b
1500 says eva switchover b
2000 tag key 1
2100 order operate
2200 tag key 0
3000 order select b
3200 order operate
5000 order select a
36000 order operate
36500 end
