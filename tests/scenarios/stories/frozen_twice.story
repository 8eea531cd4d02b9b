# Within the hold-off positive evidence may move once more, and only once (S7).
1000 freeze a
2000 thaw a
3000 freeze b
4000 thaw b
5000 freeze a
9000 end
