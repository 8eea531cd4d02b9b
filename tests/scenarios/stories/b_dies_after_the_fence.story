# In an ordered switchover the new node dies just after the old owner was fenced: back to the old owner, under the
# epoch that the claim reserved for it.
1000 order switchover b
when promoted kill b
3000 end
