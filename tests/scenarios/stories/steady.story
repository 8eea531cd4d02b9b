# Nothing happens, so nothing is decided (L5). The first lines are OTHA's start beside a plant that runs.
10000 end
