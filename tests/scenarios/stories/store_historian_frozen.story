# The active historian answers, but stores nothing: it can't be told to stand by, and is left all the same.
config kind store
1000 freeze a
3000 thaw a
5000 end
