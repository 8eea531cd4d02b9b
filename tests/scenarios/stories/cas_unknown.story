# The claim is stored but its answer is lost: OTHA reads again and recognises its own claim by the id.
1000 store deaf
1000 order switchover b
1001 store ok
3000 end
