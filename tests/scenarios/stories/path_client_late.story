# The server that does not drive is away while the others are led; when it comes back it is led after them.
config kind path
500 away t
1500 kill a
3000 back t
5000 end
