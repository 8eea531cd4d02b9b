# A drill is aborted before its claim, and another one after its fence: that one is led back to "a".
config drills yes
config confirm planned
1000 order drill b failover
1500 order drill-abort
2000 order drill b failover
2500 order confirm
when fenced order drill-abort
3500 order drill-abort
4000 end
